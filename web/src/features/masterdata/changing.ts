import { client, type MasterRecord, type RecordKind, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { useToday } from './day'
import { pairs } from '@/lib/forest'
import type { Field, Form } from './FormDialog'

type Doing = { key: string; label: string; danger?: boolean; form: () => Form }

const given = (text: string | undefined): string | null => text?.trim() || null

/** What can be done to a record, each with the dialog that asks for it. */
export function useDoings(kind: RecordKind, record: MasterRecord, day: string | undefined, renew: () => Promise<unknown>): Doing[] {
  const { t } = useTexts()
  const today = useToday()
  const { code } = record
  const on: Field = { name: 'on', label: t('masterdata.on'), kind: 'date', value: day ?? today, required: true }
  const until: Field = { name: 'until', label: t('masterdata.until'), kind: 'date', hint: t('masterdata.toHint') }
  const when = (values: Record<string, string>) => ({ on: values['on'] ?? today, reason: values['reason'] ?? '' })
  const path = { kind, code }
  const doing = (key: string, label: string, text: string, fields: Field[], run: (values: Record<string, string>) => Promise<unknown>, danger = false): Doing => ({
    key,
    label,
    danger,
    form: () => ({
      title: `${label} · ${code}`,
      text,
      fields,
      danger,
      run: async (values) => {
        await run(values)
        await renew()
      },
    }),
  })
  const edit = doing(
    'edit',
    t('masterdata.edit'),
    t('masterdata.editText'),
    [
      on,
      { name: 'name_zh', label: t('masterdata.name'), value: record.name_zh },
      { name: 'name_en', label: t('masterdata.nameEn'), value: record.name_en },
      { name: 'pinyin', label: t('masterdata.pinyin'), value: record.pinyin },
      { name: 'category', label: t('masterdata.category'), value: record.category },
      { name: 'valid_to', label: t('masterdata.to'), kind: 'date', hint: t('masterdata.toHint') },
    ],
    (values) => {
      const said = (name: 'name_zh' | 'name_en' | 'pinyin' | 'category') => {
        const text = values[name]?.trim() ?? ''
        return text === record[name] ? null : text
      }
      return take(
        client.POST('/api/v1/masterdata/{kind}/{code}/edit', {
          params: { path },
          body: {
            ...when(values),
            name_zh: said('name_zh'),
            name_en: said('name_en'),
            pinyin: said('pinyin'),
            category: said('category'),
            valid_to: given(values['valid_to']),
          },
        }),
      )
    },
  )
  const reparent = doing(
    'reparent',
    t('masterdata.reparent'),
    '',
    [
      on,
      until,
      { name: 'parent', label: t('masterdata.parent'), hint: t('masterdata.parentHint'), kind: kind === 'organisation' ? 'organisation' : 'text' },
      ...(kind === 'organisation' ? [{ name: 'tree', label: t('masterdata.tree'), value: 'management', required: true }] : []),
    ],
    (values) =>
      take(
        client.POST('/api/v1/masterdata/{kind}/{code}/parent', {
          params: { path },
          body: { ...when(values), until: given(values['until']), parent: given(values['parent']), tree: values['tree'] || 'management' },
        }),
      ),
  )
  const close = doing(
    'close',
    t('masterdata.close'),
    t('masterdata.closeText'),
    [on],
    (values) => take(client.POST('/api/v1/masterdata/{kind}/{code}/close', { params: { path }, body: when(values) })),
    true,
  )
  const move = doing(
    'move',
    t('masterdata.move'),
    t('masterdata.moveText'),
    [on, { name: 'to', label: t('masterdata.moveTo'), required: true }],
    (values) =>
      take(
        client.POST('/api/v1/masterdata/organisation/{code}/move', {
          params: { path: { code } },
          body: { ...when(values), to: values['to'] ?? '', out_of: null },
        }),
      ),
  )
  const split = doing(
    'split',
    t('masterdata.split'),
    t('masterdata.splitText'),
    [
      on,
      { name: 'into', label: t('masterdata.splitInto'), kind: 'lines', required: true },
      { name: 'goes_to', label: t('masterdata.splitGoes'), kind: 'lines' },
    ],
    (values) =>
      take(
        client.POST('/api/v1/masterdata/organisation/{code}/split', {
          params: { path: { code } },
          body: {
            ...when(values),
            into: pairs(values['into'] ?? '').map(([part, name]) => ({ code: part, name_zh: name, name_en: '', reason: '' })),
            goes_to: Object.fromEntries(pairs(values['goes_to'] ?? '')),
            stays_at: {},
          },
        }),
      ),
  )
  const merge = doing(
    'merge',
    t('masterdata.merge'),
    t('masterdata.mergeText'),
    [on, { name: 'into', label: t('masterdata.mergeInto'), kind: 'organisation', required: true }],
    (values) =>
      take(
        client.POST('/api/v1/masterdata/merges', {
          body: { ...when(values), codes: [code], into: values['into'] ?? '', new: false, name_zh: '', name_en: '' },
        }),
      ),
  )
  const role = doing(
    'role',
    t('masterdata.setRole'),
    '',
    [
      on,
      until,
      { name: 'organisation', label: t('masterdata.organisation'), kind: 'organisation', required: true },
      { name: 'role', label: t('masterdata.role') },
    ],
    (values) =>
      take(
        client.POST('/api/v1/masterdata/practitioner/{code}/role', {
          params: { path: { code } },
          body: {
            ...when(values),
            until: given(values['until']),
            organisation: values['organisation'] ?? '',
            role: values['role'] ?? '',
            ends: false,
          },
        }),
      ),
  )
  if (kind === 'organisation') return [edit, reparent, move, split, merge, close]
  return kind === 'location' ? [edit, reparent, close] : [edit, role, close]
}
