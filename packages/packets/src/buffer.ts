/** The one door to Node.js: memory and the check of UTF-8. Nothing here does I/O. */
// biome-ignore lint/style/noRestrictedImports: memory is not I/O, and everything else stays restricted
export { Buffer, isUtf8 } from "node:buffer";
