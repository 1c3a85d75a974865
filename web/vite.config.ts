import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { precompress } from "./build/precompress.ts";
import { preloadFont } from "./build/preload-font.ts";

const server = process.env["JARVIS_URL"] ?? "http://127.0.0.1:8000";
const apiPaths = [
  ...["/admin", "/audio", "/auth", "/chat", "/conversations", "/docs", "/export", "/health", "/import"],
  ...["/messages", "/metrics", "/models", "/openapi.json", "/search", "/v1"],
];

export default defineConfig({
  plugins: [react(), preloadFont(), precompress()],
  resolve: {
    alias: {
      // What it gives to browsers decodes `&lt;` by innerHTML, which our policy (Trusted Types) forbids: the whole answer would fail.
      "decode-named-character-reference": fileURLToPath(
        new URL("node_modules/decode-named-character-reference/index.js", import.meta.url),
      ),
    },
  },
  build: {
    target: "es2022",
    // The polyfill would be one more script; every browser that runs this page has modulepreload.
    modulePreload: { polyfill: false },
    // A data: font or script would need a wider CSP.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    proxy: {
      ...Object.fromEntries(apiPaths.map((path) => [path, server])),
      "/ws": { target: server, ws: true },
    },
  },
  test: {
    environment: "jsdom",
    // Building a document for each file would take longer than the tests.
    isolate: false,
    maxWorkers: 2,
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/testing/setup.ts"],
    css: { modules: { classNameStrategy: "non-scoped" } },
  },
});
