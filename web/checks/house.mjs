// Rules of the house for web/ that neither TypeScript nor Vite checks.
//
// 1. app ▶ features/<slice> ▶ components ▶ lib: nothing imports from the left, and a feature never
//    imports another feature.
// 2. No `any`, no raw HTML, no switched-off check.
// 3. Words for people stand in the catalogue: no Chinese outside of lib/texts, no text nobody shows.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const SRC = resolve(dirname(fileURLToPath(import.meta.url)), '../src')
const LAYERS = ['lib', 'components', 'features', 'app']
const GENERATED = 'lib/schema.d.ts'
const FORBIDDEN = [
  [/(?<![\w'-])any(?![\w'-])(?=\s*[[\],;)>|&=}]|$)/m, 'the type any'],
  [/dangerouslySetInnerHTML|\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|\beval\(/, 'raw HTML or code'],
  [/@ts-ignore|@ts-expect-error|@ts-nocheck|eslint-disable/, 'a switched-off check'],
]

const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(ts|tsx)$/.test(entry.name))
  .map((entry) => relative(SRC, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
  .filter((file) => file !== GENERATED)
const faults = []

function place(file) {
  const [layer, slice] = file.split('/')
  return { layer: LAYERS.indexOf(layer), slice: layer === 'features' ? slice : null }
}

function imported(file, specifier) {
  if (specifier.startsWith('@/')) return specifier.slice(2)
  if (specifier.startsWith('.')) return relative(SRC, resolve(SRC, dirname(file), specifier))
  return null
}

function checkImports(file, text) {
  const from = place(file)
  for (const [, specifier] of text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
    const target = imported(file, specifier)
    if (target === null || from.layer < 0) continue
    const to = place(target)
    if (to.layer > from.layer) faults.push(`${file}: ${LAYERS[from.layer]} imports ${target}`)
    if (from.slice && to.slice && from.slice !== to.slice)
      faults.push(`${file}: feature ${from.slice} imports feature ${to.slice}`)
  }
}

const bare = (text) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')

let everything = ''
for (const file of files) {
  const text = readFileSync(join(SRC, file), 'utf8')
  checkImports(file, text)
  const code = bare(text)
  for (const [pattern, what] of FORBIDDEN) {
    // A switched-off check is itself a comment.
    if (pattern.test(what === 'a switched-off check' ? text : code)) faults.push(`${file}: ${what}`)
  }
  if (file.startsWith('lib/texts/')) continue
  everything += code
  const spoken = /\.test\.tsx?$/.test(file) || file === 'lib/time.ts'
  if (!spoken && /\p{Script=Han}/u.test(code)) faults.push(`${file}: Chinese outside of lib/texts`)
}

// A key is shown when it is named whole, or when its group is named and the end is computed.
function* keysOf(texts, path = []) {
  for (const [key, value] of Object.entries(texts))
    if (typeof value === 'string') yield [...path, key].join('.')
    else yield* keysOf(value, [...path, key])
}
const { zh } = await import('../src/lib/texts/zh.ts')
for (const key of keysOf(zh)) {
  const said = key.replace(/_(one|other)$/, '')
  const group = said.slice(0, said.lastIndexOf('.') + 1)
  if (!everything.includes(`'${said}'`) && !everything.includes(`\`${group}\${`))
    faults.push(`lib/texts: nobody shows ${key}`)
}

for (const fault of faults) console.error(fault)
process.exit(faults.length === 0 ? 0 : 1)
