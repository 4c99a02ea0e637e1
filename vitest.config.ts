/** One vitest for the whole workspace; tests run from the sources, so they need no build. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@gmqtt/source"] },
  ssr: { resolve: { conditions: ["@gmqtt/source"] } },
  test: {
    include: ["{packages,apps,examples}/*/{src,test}/**/*.test.ts", "{bench,conformance,torture}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    // Real sockets on two shared cores: long enough for a busy machine, short enough to notice a hang.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    coverage: {
      provider: "v8",
      include: ["packages/*/src/**/*.ts"],
      exclude: ["**/*.test.ts", "**/*.d.ts", "packages/*/src/testing/**"],
      reporter: ["json-summary", "html"],
      reportsDirectory: "coverage",
      reportOnFailure: true,
    },
  },
});
