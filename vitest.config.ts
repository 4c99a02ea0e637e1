import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@gmqtt/source"] },
  ssr: { resolve: { conditions: ["@gmqtt/source"] } },
  test: { include: ["packages/*/src/**/*.test.ts", "apps/*/src/**/*.test.ts"] },
});
