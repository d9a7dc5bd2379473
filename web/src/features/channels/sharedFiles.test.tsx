// @vitest-environment jsdom
import { cleanup, render, screen, within } from '@testing-library/react'
import { afterEach, beforeAll, expect, it } from 'vitest'

import type { SharedFileDifference } from '@/lib/api'
import { startTexts } from '@/lib/texts'

import { SharedFiles } from './SharedFiles'

beforeAll(() => startTexts('zh'))
afterEach(cleanup)

it('each file says whether it differs, and where', () => {
  const files: SharedFileDifference[] = [
    {
      name: 'tables/wards.csv',
      where: 'both',
      same: false,
      lines: [
        { where: 'this', number: 1, number_in_force: null, text: 'W1,内科' },
        { where: 'in_force', number: null, number_in_force: 1, text: 'W1,心内科' },
      ],
    },
    { name: 'steps/old.yaml', where: 'this', same: false, lines: null },
    { name: 'steps/mark.yaml', where: 'both', same: true, lines: null },
  ]
  render(<SharedFiles files={files} version={1} inForce={2} />)
  const table = screen.getByRole('table', { name: 'tables/wards.csv' })
  expect(table.querySelector('del')?.textContent).toBe('W1,内科')
  expect(table.querySelector('ins')?.textContent).toBe('W1,心内科')
  expect(within(screen.getByRole('region', { name: 'steps/old.yaml' })).getByText('仅版本 1 引用')).toBeTruthy()
  expect(within(screen.getByRole('region', { name: 'steps/old.yaml' })).getByText(/无法逐行比较/)).toBeTruthy()
  expect(within(screen.getByRole('region', { name: 'steps/mark.yaml' })).getByText('相同')).toBeTruthy()
})

it('no files, and files that were not kept, are two things', () => {
  const { rerender } = render(<SharedFiles files={[]} version={1} inForce={2} />)
  expect(screen.getByText('两个版本都没有引用共享文件。')).toBeTruthy()
  rerender(<SharedFiles files={null} version={1} inForce={2} />)
  expect(screen.getByText(/无法比较/)).toBeTruthy()
})
