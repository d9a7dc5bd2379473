import { expect, it } from 'vitest'

import { bytes, compact, fullKind, shortKind } from './format'

it.each([
  [0, '0'],
  [0.4, '0.4'],
  [12.4, '12'],
  [999, '999'],
  [1000, '1k'],
  [1834, '1.8k'],
  [99_949, '100k'],
  [999_499, '999k'],
  [999_500, '1M'],
  [12_345_678, '12M'],
])('%d is written %s', (count, text) => expect(compact(count)).toBe(text))

it.each([
  [812, '812 B'],
  [1434, '1.4 KB'],
  [3_145_728, '3.0 MB'],
])('%d bytes are written %s', (size, text) => expect(bytes(size)).toBe(text))

it('kinds are typed short and asked for whole', () => {
  expect(shortKind('hl7v2 ADT^A01')).toBe('ADT^A01')
  expect(fullKind('adt^a01')).toBe('hl7v2 ADT^A01')
  expect(fullKind('ORU')).toBe('hl7v2 ORU^*')
  expect(fullKind('json')).toBe('json')
  expect(fullKind('act delivery.dismissed')).toBe('act delivery.dismissed')
})
