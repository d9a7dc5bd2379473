import { expect, it } from 'vitest'

import { pick } from './Picked'

const somebody = (id: string) => ({ id, name: '', sex: '', born: '', identifiers: [], phones: [], addresses: [], records: [] })
const [A, B, C] = [somebody('A'), somebody('B'), somebody('C')] as const

it('two at most are laid side by side; of three the one chosen first gives way', () => {
  expect([A, B, C].reduce(pick, [] as ReturnType<typeof pick>)).toEqual([B, C])
})

it('whoever is chosen again is chosen no longer', () => {
  expect(pick([A, B], somebody('A'))).toEqual([B])
})
