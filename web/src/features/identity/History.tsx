import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { Mark } from '@/components/StateMark'
import { client, type Person, type RecordKey, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { called } from './align'
import { type Back, type Chapter, chapters } from './history'
import { PersonLink, RecordName } from './parts'
import { saidWords } from './said'
import { useGoWaiting } from './waiting'

/** What people decided and what systems replaced, the newest first; what still counts can be taken back. */
export function History({ person }: { person: Person }) {
  const { t } = useTexts()
  const told = chapters(person)
  return (
    <section className="panel" aria-label={t('identity.history')}>
      <div className="panel-head">
        <h2>{t('identity.history')}</h2>
      </div>
      {told.length === 0 ? (
        <p className="panel-body quiet">{t('identity.historyNone')}</p>
      ) : (
        <ol className="history">
          {told.map((chapter) => (
            <Told key={chapter.key} chapter={chapter} />
          ))}
        </ol>
      )}
    </section>
  )
}

function Told({ chapter }: { chapter: Chapter }) {
  const { t } = useTexts()
  const reads = useMay()('messages.read')
  const decides = useMay()('identity.decide')
  const takeBack = useTakeBack()
  const { position, actor, reason } = chapter.told === 'decision' ? chapter.decision : chapter.replacement
  return (
    <li>
      <div className="row">
        <What chapter={chapter} />
        {decides && chapter.back && (
          <Button size="small" className="push" onClick={() => takeBack(chapter.back)}>
            {t('identity.takeBack')}
          </Button>
        )}
      </div>
      <p className="row history-who">
        <Instant at={chapter.at} />
        {actor !== '' && <span>{actor}</span>}
        {reason !== '' && <span className="history-reason">{reason}</span>}
        {reads && position !== '' && (
          <Link className="mono" to="/messages/$position" params={{ position }}>
            {position}
          </Link>
        )}
      </p>
    </li>
  )
}

function What({ chapter }: { chapter: Chapter }) {
  const { t } = useTexts()
  if (chapter.told === 'replacement') {
    const { gone, kept } = chapter.replacement
    return (
      <>
        <Mark tone={kept ? 'info' : 'mute'}>{kept ? t('identity.replacement') : t('identity.replacementUndone')}</Mark>
        <Whose record={gone} />
        {kept && (
          <>
            <span aria-hidden="true">→</span> <Whose record={kept} />
          </>
        )}
        <span className="quiet">{chapter.replacement.event}</span>
      </>
    )
  }
  const { said, record, other, in_force: holds } = chapter.decision
  const { tone, words } = saidWords(t, said)
  return (
    <>
      <Mark tone={holds ? tone : 'mute'}>{words}</Mark>
      <Whose record={record} /> <span aria-hidden="true">{said === 'link' ? '=' : said === 'never-link' ? '≠' : '?'}</span> <Whose record={other} />
      {!holds && said !== 'undecided' && <span className="quiet">{t('identity.notInForce')}</span>}
    </>
  )
}

/** A record, leading to the person whose it is now. */
function Whose({ record }: { record: RecordKey }) {
  if (called(record) === '') return <RecordName {...record} />
  return (
    <PersonLink id={record.id}>
      <RecordName {...record} />
    </PersonLink>
  )
}

/** Asks why, and takes back: an exact unmerge, as if it had never been decided. */
function useTakeBack(): (back: Back) => void {
  const { t } = useTexts()
  const ask = useAsk()
  const queries = useQueryClient()
  const goWaiting = useGoWaiting()
  return (back) => {
    if (!back) return
    const names = back.how === 'decision' ? `${called(back.record)} ↔ ${called(back.other)}` : called(back.gone)
    ask({
      title: t('identity.takeBackTitle', { names }),
      text: back.how === 'decision' ? t('identity.takeBackText') : t('identity.replacementText'),
      confirm: t('identity.takeBack'),
      danger: true,
      reason: 'required',
      run: async ({ reason }) => {
        const key = ({ source, mrn }: { source: string; mrn: string }) => ({ source, mrn })
        const answer =
          back.how === 'decision'
            ? await take(client.POST('/api/v1/identity/decisions/taken-back', { body: { record: key(back.record), other: key(back.other), reason } }))
            : await take(client.POST('/api/v1/identity/replacements/undone', { body: { ...key(back.gone), reason } }))
        goWaiting(answer)
        await queries.invalidateQueries({ queryKey: ['identity'] })
      },
    })
  }
}
