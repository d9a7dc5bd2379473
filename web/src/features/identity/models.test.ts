import { expect, it } from 'vitest'

import { isBold, lanesOf, levelsOf } from './models'

const level = (name: string, inForce: number, proposed: number) => ({ level: name, shipped: 0, in_force: inForce, proposed, m: 0.1, u: 0.1, seen: 40 })
const proposal = {
  elements: [
    { element: 'name', zh: '姓名', levels: [level('EQUAL', 12, 11), level('DIFFERENT', -5, -5.01)] },
    { element: 'phone', zh: '电话', levels: [level('EQUAL', 9, 5.5)] },
  ],
}

it('what a proposal changes most comes first, what it leaves is left out', () => {
  expect(levelsOf(proposal, true).map(({ key }) => key)).toEqual(['phone EQUAL', 'name EQUAL'])
  expect(levelsOf(proposal, false)).toHaveLength(3)
})

it('a change of lanes is read, and one that links by itself stands out', () => {
  expect(lanesOf('REVIEW>AUTO')).toEqual({ before: 'REVIEW', after: 'AUTO' })
  expect([isBold('REVIEW>AUTO'), isBold('AUTO>REVIEW')]).toEqual([true, false])
})
