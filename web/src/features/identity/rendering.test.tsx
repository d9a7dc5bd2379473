// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'

import { startTexts } from '@/lib/texts'

import { Differing } from './Compare'
import { EvidenceView } from './Waterfall'

const EVIL = '<img src=x onerror="globalThis.pwned=1">'

beforeAll(() => startTexts('zh'))
afterEach(cleanup)

describe('a value beside another', () => {
  it('is emphasised where it differs, as text', () => {
    const { container } = render(<Differing value={`王小敏${EVIL}`} other="王小明" />)
    expect(container.textContent).toBe(`王小敏${EVIL}`)
    expect(container.querySelector('em')?.textContent).toBe(`敏${EVIL}`)
    expect(container.querySelectorAll('img')).toHaveLength(0)
  })

  it('is emphasised nowhere where nothing is alike', () => {
    const { container } = render(<Differing value="王" other="李" />)
    expect(container.querySelectorAll('em')).toHaveLength(0)
  })
})

it('evidence says element, level, bits and what holds the pair back, in words', () => {
  const key = { id: '0', source: 'HIS', mrn: '1' }
  const steps = [
    { element: 'prior', zh: '先验', level: '', bits: -20 },
    { element: 'name', zh: '姓名', level: 'SAME_PINYIN', bits: 8.4 },
    { element: 'new-one', zh: '新要素', level: 'NEW_LEVEL', bits: 1 },
  ]
  const guards = [{ zh: '可能是双胞胎', en: 'perhaps twins' }]
  render(<EvidenceView evidence={{ record: key, other: key, lane: 'REVIEW', bits: -10.6, model: 'm', guards, steps }} />)
  for (const row of ['先验 −20.0', '姓名 读音相同 +8.4', '新要素 NEW_LEVEL +1.0']) expect(screen.getByRole('row', { name: row })).toBeTruthy()
  expect(screen.getByRole('row', { name: /^合计 .* −10\.6$/ })).toBeTruthy()
  expect(screen.getByRole('list', { name: '阻止自动关联的原因' }).textContent).toBe('可能是双胞胎')
})
