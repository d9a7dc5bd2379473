import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { client, type SavedQuestion, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { questionIn, savedIn } from './explored'

type Props = { value: SavedQuestion | null; change: (question: SavedQuestion | null) => void; required?: boolean }

/** An exploration that was saved, or one by its link. */
export function QuestionPicker({ value, change, required = false }: Props) {
  const { t } = useTexts()
  const [link, setLink] = useState('')
  const own = useQuery({ queryKey: ['indicators', 'explorations'], queryFn: () => take(client.GET('/api/v1/indicators/explorations')), retry: false })
  const saved = savedIn(link)
  useQuery({
    queryKey: ['indicators', 'explorations', 'linked', saved],
    queryFn: async () => {
      const found = await take(client.GET('/api/v1/indicators/explorations/{saved}', { params: { path: { saved: saved ?? '' } } }))
      change(found.asked)
      return found
    },
    enabled: saved !== null && questionIn(link) === null,
    retry: false,
  })
  const items = own.data?.items ?? []
  const put = (text: string) => {
    setLink(text)
    change(questionIn(text))
  }
  return (
    <fieldset className="report-sections">
      <legend>{t(required ? 'indicators.requests.question' : 'indicators.requests.questionOptional')}</legend>
      {items.length > 0 && (
        <select
          className="native"
          aria-label={t('indicators.saved.title')}
          value={items.find(({ asked }) => asked === value)?.saved ?? ''}
          onChange={({ target }) => {
            setLink('')
            change(items.find((one) => one.saved === target.value)?.asked ?? null)
          }}
        >
          <option value="">{t('indicators.requests.chooseSaved')}</option>
          {items.map((one) => (
            <option key={one.saved} value={one.saved}>
              {one.name}
            </option>
          ))}
        </select>
      )}
      <input className="native" type="url" maxLength={1000} aria-label={t('indicators.requests.byLink')} placeholder={t('indicators.requests.byLink')} value={link} onChange={({ target }) => put(target.value)} />
      {value ? (
        <p className="quiet">
          {t('indicators.requests.asks')} <span className="mono">{told(value)}</span>
        </p>
      ) : (
        link !== '' && <p className="quiet">{t('indicators.requests.noQuestion')}</p>
      )}
    </fieldset>
  )
}

/** What an exploration asks, in short. */
export const told = ({ codes, by, where }: SavedQuestion): string => [codes, by, where].filter(Boolean).join(' · ')
