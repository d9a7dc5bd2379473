import { PrinterOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import type { ReactNode } from 'react'

import { useTexts } from '@/lib/texts'

import { CopyButton } from './CopyButton'

type Props = { title: string; text: string; secret: string; print?: boolean; done: () => void; children?: ReactNode }

/** A secret that is shown this once: to copy or print before the page forgets it. */
export function Once({ title, text, secret, print = false, done, children }: Props) {
  const { t } = useTexts()
  return (
    <section className="once" aria-label={title}>
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
      <pre className="once-secret">{secret}</pre>
      <div className="row no-print">
        <CopyButton text={secret} />
        {print && (
          <Button size="small" icon={<PrinterOutlined />} onClick={() => window.print()}>
            {t('common.print')}
          </Button>
        )}
        <Button size="small" type="primary" className="push" onClick={done}>
          {t('common.kept')}
        </Button>
      </div>
    </section>
  )
}
