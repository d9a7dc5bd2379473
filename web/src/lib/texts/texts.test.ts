import { expect, it } from 'vitest'

import { en } from './en'
import { zh } from './zh'

type Tree = { readonly [key: string]: string | Tree }

function entries(texts: Tree, path = ''): [string, string][] {
  return Object.entries(texts).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[`${path}${key}`, value]] : entries(value, `${path}${key}.`),
  )
}

const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)/g)].map(([, name]) => name).sort()
const english = new Map(entries(en))

it('both languages mention the same facts', () => {
  const differing = entries(zh).filter(([key, chinese]) => placeholders(english.get(key) ?? '').join() !== placeholders(chinese).join())
  expect(differing).toEqual([])
})

it('the English texts are English', () => {
  const chinese = [...english].filter(([key, text]) => key !== 'app.otherLanguage' && /\p{Script=Han}/u.test(text))
  expect(chinese).toEqual([])
})
