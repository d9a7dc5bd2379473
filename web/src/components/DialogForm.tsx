import { Modal } from 'antd'
import { type ReactNode, useId } from 'react'

import { Trouble } from '@/components/Trouble'
import { useTexts } from '@/lib/texts'

type Props = { title: string; confirm: string; ready: boolean; pending: boolean; error: unknown; width?: string; danger?: boolean; submit: () => void; close: () => void; children: ReactNode }

/** A dialog with one form; Enter sends it. */
export function DialogForm({ title, confirm, ready, pending, error, width, danger = false, submit, close, children }: Props) {
  const { t } = useTexts()
  const form = useId()
  return (
    <Modal
      open
      {...(width === undefined ? {} : { width })}
      title={title}
      okText={confirm}
      cancelText={t('common.cancel')}
      okButtonProps={{ htmlType: 'submit', form, danger, disabled: !ready }}
      confirmLoading={pending}
      onCancel={close}
      destroyOnHidden
      transitionName=""
      maskTransitionName=""
    >
      <form
        id={form}
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        {children}
        <Trouble error={error} />
      </form>
    </Modal>
  )
}
