import '@/components/resource.css'
import './identity.css'

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { Mark } from '@/components/StateMark'
import { Failed, Loading } from '@/components/StatePage'
import { Trouble } from '@/components/Trouble'
import { client, type Models, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { Proposal } from './Proposal'

const TRAINING_MS = 2_000
const KEY = ['identity', 'models'] as const

/** By what does the index judge, what would another model change, and who puts it in force? */
export default function ModelsPage() {
  const { t } = useTexts()
  const [chosen, choose] = useState('')
  const models = useQuery({
    queryKey: KEY,
    queryFn: () => take(client.GET('/api/v1/identity/models')),
    refetchInterval: ({ state }) => (state.data?.training?.state === 'running' ? TRAINING_MS : false),
  })
  const activate = useActivate()
  const shown = chosen || models.data?.proposals[0]?.position
  return (
    <>
      <div className="page-head">
        <h1>{t('identity.models.title')}</h1>
        <span className="quiet">{t('identity.models.text')}</span>
        <span className="push row page-links">
          <Link to="/identity/quality">{t('identity.quality.title')}</Link>
        </span>
      </div>
      {models.isPending && <Loading rows={10} />}
      {!models.isPending && !models.data && <Failed error={models.error} retry={() => void models.refetch()} />}
      {models.data && (
        <div className="models-body">
          <div className="stack">
            <InForce models={models.data} />
            <Training models={models.data} />
            <Proposals models={models.data} shown={shown} choose={choose} />
            <Earlier models={models.data} activate={activate} />
          </div>
          {shown === undefined ? (
            <p className="panel panel-body quiet">{t('identity.models.noProposal')}</p>
          ) : (
            <Proposal key={shown} position={shown} activate={activate} />
          )}
        </div>
      )}
    </>
  )
}

function InForce({ models: { in_force: model } }: { models: Models }) {
  const { t } = useTexts()
  return (
    <section className="panel panel-body stack" aria-label={t('identity.models.inForce')}>
      <div className="row">
        <Mark tone="good">{t('identity.models.inForce')}</Mark>
        <strong className="model-name">{model.name}</strong>
      </div>
      {model.at ? (
        <p className="row history-who">
          <Instant at={model.at} /> <span>{model.actor}</span> <span className="history-reason">{model.reason}</span>
        </p>
      ) : (
        <p className="quiet">{t('identity.models.shipped')}</p>
      )}
    </section>
  )
}

/** Begins a training and says how it stands; it changes nothing by itself. */
function Training({ models: { training } }: { models: Models }) {
  const { t, language } = useTexts()
  const queries = useQueryClient()
  const train = useMutation({
    gcTime: 0,
    mutationFn: () => take(client.POST('/api/v1/identity/models/proposals')),
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  })
  const running = training?.state === 'running'
  return (
    <section className="panel panel-body stack" aria-label={t('identity.models.training')}>
      <div className="row">
        <Button type="primary" loading={running || train.isPending} onClick={() => train.mutate()}>
          {t('identity.models.train')}
        </Button>
        {training && (
          <Mark tone={running ? 'info' : training.state === 'failed' ? 'bad' : 'good'}>{t(`identity.models.trainingState.${training.state}`)}</Mark>
        )}
      </div>
      <p className="quiet">{t('identity.models.trainText')}</p>
      {training?.why && (
        <p role="alert" className="training-why">
          {training.why[language]}
        </p>
      )}
      <Trouble error={train.error} />
    </section>
  )
}

function Proposals({ models: { proposals }, shown, choose }: { models: Models; shown: string | undefined; choose: (position: string) => void }) {
  const { t } = useTexts()
  if (proposals.length === 0) return null
  return (
    <section className="panel" aria-label={t('identity.models.proposals')}>
      <div className="panel-head">
        <h2>{t('identity.models.proposals')}</h2>
      </div>
      <ul className="waiting-list">
        {proposals.map(({ position, at, actor }) => (
          <li key={position}>
            <button type="button" className="waiting-row" aria-current={position === shown} onClick={() => choose(position)}>
              <span className="row">
                <code>{position}</code> <span>{actor}</span>
                <span className="push quiet">
                  <Instant at={at} />
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

type Activate = ReturnType<typeof useActivate>

/** What was in force; each can be gone back to by one person, for that is done in a hurry. */
function Earlier({ models: { history }, activate }: { models: Models; activate: Activate }) {
  const { t } = useTexts()
  return (
    <section className="panel" aria-label={t('identity.models.history')}>
      <div className="panel-head">
        <h2>{t('identity.models.history')}</h2>
      </div>
      <ol className="history">
        {history.map((model, place) => (
          <li key={`${model.position} ${place}`}>
            <div className="row">
              <strong className="model-name">{model.name}</strong>
              {model.in_force ? (
                <Mark tone="good">{t('identity.models.inForce')}</Mark>
              ) : (
                <Button size="small" className="push" onClick={() => activate({ model: model.position || 'shipped', name: model.name, back: true })}>
                  {t('identity.models.goBack')}
                </Button>
              )}
            </div>
            {model.at && (
              <p className="row history-who">
                <Instant at={model.at} /> <span>{model.actor}</span> <span className="history-reason">{model.reason}</span>
              </p>
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}

export type Wanted = { model: string; name: string; back: boolean }

/** Asks why, and puts a model in force; the whole index is judged anew by it. */
function useActivate(): (wanted: Wanted) => void {
  const { t } = useTexts()
  const ask = useAsk()
  const queries = useQueryClient()
  return ({ model, name, back }) =>
    ask({
      title: back ? t('identity.models.goBackTitle', { name }) : t('identity.models.activateTitle', { name }),
      text: t('identity.models.activateText'),
      confirm: back ? t('identity.models.goBack') : t('identity.models.activate'),
      danger: true,
      reason: 'required',
      run: async ({ reason }) => {
        await take(client.POST('/api/v1/identity/models/activate', { body: { model, reason } }))
        await queries.invalidateQueries({ queryKey: ['identity'] })
      },
    })
}
