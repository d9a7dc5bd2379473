import { describe, expect, it } from 'vitest'

import { cellText } from './cells'

const WAYS = { timezone: 'Asia/Shanghai', language: 'zh', yes: '是', no: '否' } as const

describe('a cell', () => {
  it.each([
    ['discharged_at', '2026-03-01T01:30:00Z', '2026-03-01 09:30'],
    ['discharged_at', '2026-03-01T01:30:00+00:00', '2026-03-01 09:30'],
    ['discharged_at', '2026-02-28T18:30:00', '2026-03-01 02:30'],
    ['total_fen', 1234567, '12,345.67'],
    ['stay_days', 12, '12'],
    ['ddds', 0.125, '0.13'],
    ['operated', true, '是'],
    ['operated', false, '否'],
    ['main_diagnosis', 'I21.9', 'I21.9'],
    ['main_diagnosis', '2026', '2026'],
  ] as const)('%s of %s is read as %s', (column, value, text) => expect(cellText(column, value, WAYS)).toBe(text))
})
