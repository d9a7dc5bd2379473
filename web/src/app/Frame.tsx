import {
  ApartmentOutlined,
  AuditOutlined,
  BankOutlined,
  DashboardOutlined, ExperimentOutlined,
  FileTextOutlined,
  IdcardOutlined,
  LineChartOutlined,
  MailOutlined,
  MoonOutlined,
  SafetyOutlined,
  SearchOutlined,
  SunOutlined,
  TeamOutlined,
  UnorderedListOutlined,
} from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { Button, Input, type InputRef } from 'antd'
import { type ReactNode, useEffect, useRef, useState } from 'react'

import { Mark } from '@/components/StateMark'
import { client, take } from '@/lib/api'
import { useNow } from '@/lib/clock'
import { cleanText } from '@/lib/filters'
import { compact } from '@/lib/format'
import { overviewKey, useLiveness } from '@/lib/live'
import { unreviewedKey } from '@/lib/looks'
import { keepLanguage } from '@/lib/preferences'
import { siteName, useMay, useSession } from '@/lib/session'
import { speak, useTexts } from '@/lib/texts'
import { relativeTime, shortTime } from '@/lib/time'

import { useShade } from './shade'
import { UserMenu } from './UserMenu'

/** Header, navigation and the state of the live connection; the page itself is the outlet. */
export function Frame() {
  const { t } = useTexts()
  const session = useSession()
  const searches = useMay()('messages.read')
  useEffect(() => {
    window.addEventListener('beforeprint', notePrint)
    return () => window.removeEventListener('beforeprint', notePrint)
  }, [])
  return (
    <div className="frame">
      <a className="skip" href="#page">
        {t('app.skip')}
      </a>
      <header className={`top${searches ? '' : ' top-plain'}`}>
        <Link to="/" className="brand" aria-label={t('states.home')}>
          <img src="/favicon.svg" alt="" width="24" height="24" />
          <span className="brand-name">{t('app.name')}</span>
          <span className="brand-site">{siteName(session)}</span>
        </Link>
        {searches ? <GlobalSearch /> : <span className="global-search" />}
        <Tools />
      </header>
      <Navigation />
      <main id="page" className="page" tabIndex={-1}>
        <FirstAdministratorBanner />
        <StaleBanner />
        <Outlet />
      </main>
    </div>
  )
}

/** What goes to a printer is written down, whichever way it was asked for. */
export function notePrint() {
  void client.POST('/api/v1/prints', { body: { page: window.location.pathname.slice(0, 200) }, keepalive: true })
}

function GlobalSearch() {
  const { t } = useTexts()
  const navigate = useNavigate()
  const box = useRef<InputRef>(null)
  const asked = useRouterState({
    select: ({ location }) =>
      location.pathname === '/messages' ? (cleanText((location.search as Record<string, unknown>)['q']) ?? '') : '',
  })
  const [text, setText] = useState(asked)
  useEffect(() => setText(asked), [asked])
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement | null
      const typing = target?.closest('input, textarea, select, [contenteditable]')
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      box.current?.focus({ cursor: 'all' })
    }
    window.addEventListener('keydown', focus)
    return () => window.removeEventListener('keydown', focus)
  }, [])
  const search = () => {
    const q = cleanText(text)
    void navigate({
      to: '/messages',
      search: (now) => ({ ...now, q }),
    })
  }
  return (
    <form
      role="search"
      className="global-search"
      onSubmit={(event) => {
        event.preventDefault()
        search()
      }}
    >
      <Input
        ref={box}
        value={text}
        allowClear
        prefix={<SearchOutlined />}
        suffix={text === '' ? <kbd>/</kbd> : <span />}
        aria-label={t('app.searchLabel')}
        placeholder={t('app.search')}
        onChange={(event) => {
          setText(event.target.value)
          if (event.target.value === '' && asked !== '')
            void navigate({ to: '/messages', search: (now) => ({ ...now, q: undefined }) })
        }}
      />
    </form>
  )
}

function Tools() {
  const { t, language } = useTexts()
  const { shade, toggle } = useShade()
  const live = useLiveness()
  const may = useMay()
  const other = language === 'zh' ? 'en' : 'zh'
  const word = { live: t('app.live'), connecting: t('app.connecting'), lost: t('app.lost') }[live.state]
  return (
    <div className="tools">
      {may('overview.read') && (
        <span className="tools-live" role="status">
          <Mark tone={live.state === 'live' ? 'good' : live.state === 'lost' ? 'bad' : 'mute'} plain>
            <span className="tools-live-word">{word}</span>
          </Mark>
        </span>
      )}
      <Button
        type="text"
        lang={other}
        onClick={() => {
          keepLanguage(other)
          void speak(other)
        }}
      >
        {t('app.otherLanguage')}
      </Button>
      <Button
        type="text"
        icon={shade === 'light' ? <MoonOutlined /> : <SunOutlined />}
        aria-label={shade === 'light' ? t('app.toDark') : t('app.toLight')}
        onClick={toggle}
      />
      <UserMenu />
    </div>
  )
}

function Navigation() {
  const { t } = useTexts()
  const session = useSession()
  const may = useMay()
  const overview = useQuery({
    enabled: may('overview.read'),
    queryKey: overviewKey,
    queryFn: () => take(client.GET('/api/v1/overview')),
    refetchInterval: 30_000,
  })
  const waiting = useQuery({
    enabled: may('glass.review'),
    queryKey: unreviewedKey,
    // Only how many: nobody sees a patient by it.
    queryFn: () => take(client.GET('/api/v1/privacy/glass', { params: { query: { limit: 0 } } })),
    refetchInterval: 60_000,
  })
  const open = overview.data ? overview.data.parked + overview.data.held : 0
  const problems = overview.data?.problems.length ?? 0
  // Seen from another tab, too.
  useEffect(() => {
    const name = `${t('app.name')}${siteName(session) && ` · ${siteName(session)}`}`
    document.title = problems > 0 ? `(${problems}) ${name}` : name
  }, [problems, session, t])
  return (
    <nav className="nav" aria-label={t('app.menu')}>
      {may('overview.read') && <Item to="/" icon={<DashboardOutlined />} label={t('nav.overview')} count={problems} />}
      {may('messages.read') && <Item to="/messages" icon={<MailOutlined />} label={t('nav.messages')} />}
      {may('deliveries.read') && <Item to="/queues" icon={<UnorderedListOutlined />} label={t('nav.queues')} count={open} />}
      {may('channels.read') && <Item to="/channels" icon={<ApartmentOutlined />} label={t('nav.channels')} />}
      {may('clinical.read') && <Item to="/record" icon={<FileTextOutlined />} label={t('nav.record')} />}
      {(may('indicators.read') || may('indicators.own')) && <Item to="/indicators" icon={<LineChartOutlined />} label={t('nav.indicators')} />}
      {may('quality.read') && <Item to="/quality" icon={<ExperimentOutlined />} label={t('nav.quality')} />}
      {may('identity.read') && <Item to="/identity" icon={<IdcardOutlined />} label={t('nav.identity')} />}
      {may('masterdata.read') && <Item to="/masterdata" icon={<BankOutlined />} label={t('nav.masterdata')} />}
      {may('accounts.read') && <Item to="/accounts" icon={<TeamOutlined />} label={t('nav.accounts')} />}
      {may('audit.read') && <Item to="/audit" icon={<AuditOutlined />} label={t('nav.audit')} />}
      {(may('glass.review') || may('consents.read')) && (
        <Item to="/privacy" icon={<SafetyOutlined />} label={t('nav.privacy')} count={waiting.data?.unreviewed ?? 0} />
      )}
      <span className="nav-version">{t('app.version', { version: session.version })}</span>
    </nav>
  )
}

type ItemProps = {
  to: '/' | '/messages' | '/queues' | '/channels' | '/record' | '/indicators' | '/quality' | '/identity' | '/masterdata' | '/accounts' | '/audit' | '/privacy'
  icon: ReactNode
  label: string
  count?: number
}

function Item({ to, icon, label, count = 0 }: ItemProps) {
  return (
    <Link to={to} className="nav-item" activeOptions={{ exact: to === '/', includeSearch: false }}>
      <span className="nav-icon" aria-hidden="true">
        {icon}
      </span>
      <span className="nav-label">{label}</span>
      {count > 0 && <span className="nav-count">{compact(count)}</span>}
    </Link>
  )
}

/** Says so to whoever started it, until somebody administers the accounts. */
function FirstAdministratorBanner() {
  const { t } = useTexts()
  const { administered, first_token: first, account } = useSession()
  if (administered || !first || !account?.factors.includes('token')) return null
  return (
    <div className="banner" role="note">
      {t('firstRun.banner')} <Link to="/first-administrator">{t('firstRun.title')}</Link>
    </div>
  )
}

/** Says so when what is on the screen may be old. */
function StaleBanner() {
  const { t, language } = useTexts()
  const { timezone } = useSession()
  const live = useLiveness()
  const now = useNow()
  if (live.state !== 'lost' || live.heardAt === null) return null
  const at = new Date(live.heardAt).toISOString()
  return (
    <div className="banner" role="alert">
      {t('app.lostText', { at: shortTime(at, timezone, now), ago: relativeTime(at, now, language) })}
    </div>
  )
}
