import { Button } from 'antd'

import { useTexts } from '@/lib/texts'

/** What each key does. */
export function Keys({ close }: { close: () => void }) {
  const { t } = useTexts()
  const keys: [string, string][] = [
    ['J', t('identity.next')],
    ['K', t('identity.previous')],
    ['L', t('identity.link')],
    ['N', t('identity.never')],
    ['1…5', t('identity.keyReasons')],
    ['Enter', t('identity.confirm')],
    ['Esc', t('common.cancel')],
    ['S', t('identity.skipText')],
    ['U', t('identity.undoText')],
    ['?', t('identity.help')],
  ]
  return (
    <section className="panel panel-body keys-help" aria-label={t('identity.help')}>
      <dl className="facts">
        {keys.map(([key, text]) => (
          <div key={key} className="keys-line">
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <Button size="small" onClick={close}>
        {t('common.close')} <kbd>Esc</kbd>
      </Button>
    </section>
  )
}
