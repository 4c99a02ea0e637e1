// expect: lint/style/noRestrictedImports lint/correctness/noUndeclaredDependencies
import auth from "@gmqtt/auth";

/** The core knows no plugin. */
export const plugin: unknown = auth;
