import { Button, Dropdown } from 'antd'
import { useRef } from 'react'

import { useSave } from '@/components/useSave'
import { client, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { type Language, useTexts } from '@/lib/texts'

export type FileForm = 'csv' | 'xlsx' | 'pdf'
type Fetch = (form: FileForm, language: Language) => Promise<unknown>

/** Saves what is on the page as a file, in the form that is chosen; for those who may. */
export function ExportMenu({ name, forms, fetch }: { name: string; forms: readonly FileForm[]; fetch: Fetch }) {
  const { t, language } = useTexts()
  const allowed = useMay()('indicators.export')
  const chosen = useRef<FileForm>('csv')
  const save = useSave(
    () => `${name}.${chosen.current}`,
    () => fetch(chosen.current, language) as Promise<Blob>,
  )
  if (!allowed) return null
  const items = forms.map((form) => ({
    key: form,
    label: t(`indicators.files.${form}`),
    onClick: () => {
      chosen.current = form
      save.mutate()
    },
  }))
  return (
    <Dropdown menu={{ items }} trigger={['click']} placement="bottomRight" transitionName="">
      <Button size="small" loading={save.isPending} aria-haspopup="menu">
        {t('indicators.files.menu')}
      </Button>
    </Dropdown>
  )
}

/** The tiles of a board as a file. */
export function saveBoard(query: { board?: string; month?: string; hospital?: string }): Fetch {
  return (form, language) => take(client.GET('/api/v1/indicators/files/board', { params: { query: { ...query, form, language } }, parseAs: 'blob' }))
}

export type ValuesAsked = { codes: string; period: string; by: 'hospital' | 'department' | 'doctor' | 'month'; hospital?: string; department?: string; doctor?: string; caliber?: string }

/** The cells of indicators as a file. */
export function saveValues(query: ValuesAsked): Fetch {
  return (form, language) => take(client.GET('/api/v1/indicators/files/values', { params: { query: { ...query, form: form === 'csv' ? 'csv' : 'xlsx', language } }, parseAs: 'blob' }))
}
