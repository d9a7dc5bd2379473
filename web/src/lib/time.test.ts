import { describe, expect, it } from 'vitest'

import { duration, fullTime, instantFromLocal, localFromInstant, relativeTime, shortTime } from './time'

const NOW = Date.parse('2026-03-01T02:00:00Z')

describe('time on the hospital clock', () => {
  it('is that of the hospital and not of the browser', () => {
    expect(fullTime('2026-02-28T16:30:05Z', 'Asia/Shanghai')).toBe('2026-03-01 00:30:05')
    expect(fullTime('2026-02-28T16:30:05Z', 'Asia/Urumqi')).toBe('2026-02-28 22:30:05')
    expect(fullTime('2026-02-28T16:30:05Z', 'UTC')).toBe('2026-02-28 16:30:05')
  })

  it('leaves out the day only when it is today in the hospital', () => {
    expect(shortTime('2026-02-28T16:30:05Z', 'Asia/Shanghai', NOW)).toBe('00:30:05')
    expect(shortTime('2026-02-28T15:30:05Z', 'Asia/Shanghai', NOW)).toBe('02-28 23:30:05')
    expect(shortTime('2025-12-31T15:30:05Z', 'Asia/Shanghai', NOW)).toBe('2025-12-31 23:30:05')
  })

  it.each(['Asia/Shanghai', 'UTC', 'Asia/Kathmandu', 'America/New_York'])('typed in %s comes back the same', (zone) => {
    for (let hour = 0; hour < 24 * 365; hour += 7) {
      const iso = new Date(Date.UTC(2026, 0, 1, hour, 13, 5)).toISOString()
      const local = localFromInstant(iso, zone)
      // When clocks go back, one local hour means two instants; either is right.
      expect(localFromInstant(instantFromLocal(local, zone) ?? '', zone)).toBe(local)
    }
  })

  it('is not made up from what is no time', () => {
    expect(instantFromLocal('', 'Asia/Shanghai')).toBeNull()
    expect(instantFromLocal('2026-13-01T00:00', 'Asia/Shanghai')).toBeNull()
    expect(fullTime('soon', 'Asia/Shanghai')).toBe('soon')
  })
})

describe('lengths of time', () => {
  it.each([
    [0, '0 秒', '0 s'],
    [59.4, '59 秒', '59 s'],
    [200, '3 分 20 秒', '3 min 20 s'],
    [7200, '2 小时', '2 h'],
    [187_200, '2 天 4 小时', '2 d 4 h'],
  ])('%d seconds', (seconds, zh, en) => {
    expect(duration(seconds, 'zh')).toBe(zh)
    expect(duration(seconds, 'en')).toBe(en)
  })

  it('look back and ahead', () => {
    expect(relativeTime('2026-03-01T01:57:00Z', NOW, 'en')).toBe('3 minutes ago')
    expect(relativeTime('2026-03-01T02:00:30Z', NOW, 'en')).toBe('in 30 seconds')
    expect(relativeTime('2026-03-01T02:00:02Z', NOW, 'zh')).toBe('刚刚')
  })
})
