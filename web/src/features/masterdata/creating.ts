import { client, type RecordKind, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { useToday } from './day'
import type { Field, Form } from './FormDialog'

const given = (text: string | undefined): string | null => text?.trim() || null

/** The dialogs that record something new. */
export function useForms(renew: () => Promise<unknown>) {
  const { t } = useTexts()
  const today = useToday()
  const fields = (day: string | undefined, kind: RecordKind): Field[] => [
    { name: 'code', label: t('masterdata.code'), required: true },
    { name: 'name_zh', label: t('masterdata.name') },
    { name: 'name_en', label: t('masterdata.nameEn') },
    { name: 'pinyin', label: t('masterdata.pinyin') },
    { name: 'category', label: t('masterdata.category') },
    { name: 'valid_from', label: t('masterdata.from'), kind: 'date', value: day ?? today, required: true },
    { name: 'valid_to', label: t('masterdata.to'), kind: 'date', hint: t('masterdata.toHint') },
    ...parent(kind),
    ...(kind === 'organisation' ? [{ name: 'location', label: t('masterdata.location') }] : []),
  ]
  const parent = (kind: RecordKind): Field[] => {
    if (kind === 'practitioner')
      return [
        { name: 'organisation', label: t('masterdata.organisation'), kind: 'organisation' },
        { name: 'role', label: t('masterdata.role') },
      ]
    return [{ name: 'parent', label: t('masterdata.parent'), hint: t('masterdata.parentHint'), kind: kind === 'organisation' ? 'organisation' : 'text' }]
  }
  const texts = (values: Record<string, string>) => ({
    code: values['code'] ?? '',
    name_zh: given(values['name_zh']),
    name_en: given(values['name_en']),
    pinyin: given(values['pinyin']),
    category: given(values['category']),
    valid_from: values['valid_from'] ?? today,
    parent: given(values['parent']),
    location: given(values['location']),
    reason: values['reason'] ?? '',
  })
  return {
    create: (kind: RecordKind, day: string | undefined): Form => ({
      title: t('masterdata.create', { kind: t(`masterdata.kind.${kind}`) }),
      fields: fields(day, kind),
      run: async (values) => {
        await take(
          client.POST('/api/v1/masterdata/{kind}', {
            params: { path: { kind } },
            body: {
              ...texts(values),
              tree: 'management',
              valid_to: given(values['valid_to']),
              organisation: given(values['organisation']),
              role: values['role'] ?? '',
            },
          }),
        )
        await renew()
      },
    }),
    emergency: (day: string | undefined): Form => ({
      title: t('masterdata.emergency'),
      text: t('masterdata.emergencyText'),
      fields: fields(day, 'organisation').map((field) => (field.name === 'valid_to' ? { ...field, required: true } : field)),
      run: async (values) => {
        await take(
          client.POST('/api/v1/masterdata/emergencies', { body: { ...texts(values), valid_to: values['valid_to'] ?? '' } }),
        )
        await renew()
      },
    }),
  }
}
