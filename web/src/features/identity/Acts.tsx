import { Button } from 'antd'

import { Mark, type Tone } from '@/components/StateMark'
import { Trouble } from '@/components/Trouble'
import { useTexts } from '@/lib/texts'

import { PersonLink, PersonNumber, Who } from './parts'
import { type Act, undoable } from './useBench'

const TONES: Record<Act['state'], Tone> = { sending: 'info', done: 'good', proposed: 'info', refused: 'warn', failed: 'bad', undoing: 'info', undoProposed: 'info', undone: 'mute' }

/** What was just decided and what came of it, the decision that Undo takes back, and whatever failed. */
export function Acts({ acts, undo }: { acts: readonly Act[]; undo: () => void }) {
  const { t } = useTexts()
  if (acts.length === 0) return null
  const last = undoable(acts)
  const shown = acts.filter((act) => act === acts[0] || act === last || act.state === 'failed')
  return (
    <ol className="panel acts" aria-label={t('identity.acts')} aria-live="polite">
      {shown.map((act) => (
        <li key={act.number}>
          <div className="row">
            <Mark tone={TONES[act.state]}>{t(`identity.actState.${act.state}`)}</Mark>
            <strong>{act.said === 'link' ? t('identity.link') : t('identity.never')}</strong>
            <Who person={act.question.person} /> <span aria-hidden="true">{act.said === 'link' ? '=' : '≠'}</span> <Who person={act.question.other} />
            <span className="quiet">{act.reason}</span>
            {act.state === 'done' && act.persons[0] !== undefined && act.said === 'link' && (
              <PersonLink id={act.persons[0]}>
                <PersonNumber id={act.persons[0]} />
              </PersonLink>
            )}
            {act === last && (
              <Button size="small" className="push" aria-keyshortcuts="U" onClick={undo}>
                {t('identity.undo')} <kbd>U</kbd>
              </Button>
            )}
          </div>
          {act.state === 'proposed' && <p className="quiet">{t('identity.second.proposedText')}</p>}
          {act.state === 'refused' && <p className="quiet">{t('identity.refusedText')}</p>}
          <Trouble error={act.error} />
        </li>
      ))}
    </ol>
  )
}
