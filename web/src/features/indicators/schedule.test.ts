import { expect, test } from 'vitest'

import { listed, weekdayOf } from './schedule'

test('addresses are divided by whatever people write between them, each once', () => {
  expect(listed(' a@h.test，b@h.test; a@h.test\nc@h.test、')).toEqual(['a@h.test', 'b@h.test', 'c@h.test'])
  expect(listed('  ')).toEqual([])
})

test('a day of the week that is none is Monday', () => {
  expect([1, 7, 8, undefined].map(weekdayOf)).toEqual(['monday', 'sunday', 'monday', 'monday'])
})
