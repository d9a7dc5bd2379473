import { Button, Input } from 'antd'

import { useTexts } from '@/lib/texts'

import { confirm, type Decision, LOOKING, press, type Pressed, type Stage } from './keys'
import { useReasons } from './reasons'

type Props = {
  stage: Stage
  change: (stage: Stage) => void
  carryOut: (pressed: Pressed) => void
  /** Whether everything that speaks about the question is on the screen. */
  ready: boolean
  canUndo: boolean
}

/** The decisions, each a button and a key, and the reason that every decision has. */
export function DecisionBar({ stage, change, carryOut, ready, canUndo }: Props) {
  const { t } = useTexts()
  const button = (key: string, label: string, more: { primary?: boolean; disabled?: boolean } = {}) => (
    <Button
      type={more.primary ? 'primary' : 'default'}
      disabled={more.disabled ?? false}
      aria-keyshortcuts={key}
      onClick={() => carryOut(press(LOOKING, key, []))}
    >
      {label} <kbd>{key}</kbd>
    </Button>
  )
  return (
    <>
      <div className="row decision-bar">
        {button('L', t('identity.link'), { primary: true, disabled: !ready })}
        {button('N', t('identity.never'), { disabled: !ready })}
        {button('S', t('identity.skip'))}
        {button('U', t('identity.undo'), { disabled: !canUndo })}
        <span className="push row">
          {button('K', t('identity.previous'))}
          {button('J', t('identity.next'))}
        </span>
      </div>
      {stage.doing === 'reasoning' && <Reasoning stage={stage} change={change} carryOut={carryOut} />}
    </>
  )
}

type ReasoningProps = { stage: Extract<Stage, { said: Decision }>; change: Props['change']; carryOut: Props['carryOut'] }

function Reasoning({ stage, change, carryOut }: ReasoningProps) {
  const { t } = useTexts()
  const reasons = useReasons()(stage.said)
  const whole = confirm(stage)
  const title = stage.said === 'link' ? t('identity.whyOne') : t('identity.whyTwo')
  return (
    <form
      className="reasoning"
      role="group"
      aria-label={title}
      onSubmit={(event) => {
        event.preventDefault()
        if (whole) carryOut(whole)
      }}
    >
      <strong>{title}</strong>
      <div className="row">
        {reasons.map((reason, place) => (
          <Button
            key={reason}
            size="small"
            type={reason === stage.reason ? 'primary' : 'default'}
            aria-pressed={reason === stage.reason}
            onClick={() => change({ ...stage, reason })}
          >
            <kbd>{place + 1}</kbd> {reason}
          </Button>
        ))}
      </div>
      <div className="row reasoning-line">
        <Input
          autoFocus
          value={stage.reason}
          maxLength={500}
          aria-label={t('common.reason')}
          placeholder={t('identity.reasonHint')}
          onChange={({ target }) => change({ ...stage, reason: target.value })}
        />
        <Button type="primary" htmlType="submit" disabled={whole === null}>
          {t('identity.confirm')} <kbd>Enter</kbd>
        </Button>
        <Button onClick={() => change(LOOKING)}>
          {t('common.cancel')} <kbd>Esc</kbd>
        </Button>
      </div>
    </form>
  )
}
