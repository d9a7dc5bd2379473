import { fileURLToPath } from 'node:url'

import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': here('./src') } },
  build: {
    // Hospital PCs with Windows 7 stop at Chrome 109.
    target: ['es2022', 'chrome109'],
    outDir: here('../src/lianyi/console'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
    // What others wrote travels with their licences.
    license: { fileName: 'licenses.md' },
  },
  server: {
    proxy: { '/api': process.env['LIANYI_ADDRESS'] ?? 'http://127.0.0.1:8080' },
  },
  test: { environment: 'node', include: ['src/**/*.test.{ts,tsx}'] },
})
