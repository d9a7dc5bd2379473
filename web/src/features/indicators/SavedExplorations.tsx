import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useEffect, useState } from 'react'

import { useAsk } from '@/components/ask'
import { CopyButton } from '@/components/CopyButton'
import { DialogForm } from '@/components/DialogForm'
import { Failed } from '@/components/StatePage'
import { client, type SavedExploration, take } from '@/lib/api'
import type { ExploreSearch } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { askedBy, searchOf } from './explored'

const KEY = ['indicators', 'explorations']

type Props = { search: ExploreSearch; open: (search: ExploreSearch) => void }

/** The address of a saved exploration: its question, and its number. */
const addressOf = ({ saved, asked: said }: SavedExploration): ExploreSearch => ({ ...searchOf(said), saved })

/** Explorations under a name: opened from the list or by a link, saved, renamed, shared, removed. */
export function SavedExplorations({ search, open }: Props) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const ask = useAsk()
  const [dialog, setDialog] = useState<'new' | 'change' | null>(null)
  const own = useQuery({ queryKey: KEY, queryFn: () => take(client.GET('/api/v1/indicators/explorations')), retry: false })
  const chosen = useQuery({
    queryKey: [...KEY, search.saved],
    queryFn: () => take(client.GET('/api/v1/indicators/explorations/{saved}', { params: { path: { saved: search.saved ?? '' } } })),
    enabled: search.saved !== undefined,
    retry: false,
  })
  const here = search.saved === undefined ? undefined : chosen.data
  useEffect(() => {
    if (here && search.codes === undefined) open(addressOf(here))
  }, [here, search.codes, open])
  const remove = (one: SavedExploration) =>
    ask({
      title: t('indicators.saved.remove'),
      text: t('indicators.saved.removeText', { name: one.name }),
      confirm: t('indicators.saved.remove'),
      danger: true,
      run: async () => {
        await take(client.DELETE('/api/v1/indicators/explorations/{saved}', { params: { path: { saved: one.saved } } }))
        open({ ...search, saved: undefined } as ExploreSearch)
        await queries.invalidateQueries({ queryKey: KEY })
      },
    })
  const items = own.data?.items ?? []
  return (
    <div className="indicators-bar" role="group" aria-label={t('indicators.saved.title')}>
      {items.length > 0 && (
        <select
          className="native"
          aria-label={t('indicators.saved.title')}
          value={here?.own ? here.saved : ''}
          onChange={({ target }) => {
            const found = items.find(({ saved }) => saved === target.value)
            if (found) open(addressOf(found))
          }}
        >
          <option value="">{t('indicators.saved.choose')}</option>
          {items.map(({ saved, name }) => (
            <option key={saved} value={saved}>
              {name}
            </option>
          ))}
        </select>
      )}
      {here && !here.own && <span>{t('indicators.saved.of', { name: here.name, by: here.by })}</span>}
      {search.codes !== undefined && (
        <Button size="small" onClick={() => setDialog('new')}>
          {t('indicators.saved.save')}
        </Button>
      )}
      {here?.own && (
        <>
          <Button size="small" onClick={() => setDialog('change')}>
            {t('indicators.saved.change')}
          </Button>
          {here.shared && <CopyButton text={`${window.location.origin}/indicators/explore?saved=${here.saved}`} label={t('indicators.saved.link')} />}
          <Button size="small" danger onClick={() => remove(here)}>
            {t('indicators.saved.remove')}
          </Button>
        </>
      )}
      {chosen.isError && search.codes === undefined && <Failed error={chosen.error} />}
      {dialog && <Dialog of={dialog === 'change' ? here : undefined} search={search} open={open} close={() => setDialog(null)} />}
    </div>
  )
}

function Dialog({ of, search, open, close }: Props & { of: SavedExploration | undefined; close: () => void }) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const [name, setName] = useState(of?.name ?? '')
  const [shared, setShared] = useState(of?.shared ?? false)
  const save = useMutation({
    gcTime: 0,
    mutationFn: async () => {
      const body = { name: name.trim(), shared, asked: askedBy(search) }
      const done = of
        ? await take(client.PUT('/api/v1/indicators/explorations/{saved}', { params: { path: { saved: of.saved } }, body }))
        : await take(client.POST('/api/v1/indicators/explorations', { body }))
      queries.setQueryData([...KEY, done.saved], done)
      await queries.invalidateQueries({ queryKey: KEY })
      open(addressOf(done))
      close()
    },
  })
  return (
    <DialogForm title={t(of ? 'indicators.saved.change' : 'indicators.saved.save')} confirm={t('common.save')} ready={name.trim() !== ''} pending={save.isPending} error={save.error} submit={() => save.mutate()} close={close}>
      <p className="quiet">{t('indicators.saved.text')}</p>
      <label className="field">
        {t('indicators.saved.name')}
        <input className="native" required maxLength={100} value={name} onChange={({ target }) => setName(target.value)} />
      </label>
      <label className="row">
        <input type="checkbox" checked={shared} onChange={({ target }) => setShared(target.checked)} /> {t('indicators.saved.share')}
      </label>
    </DialogForm>
  )
}
