import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link } from '@tanstack/react-router'

import { StatePage } from '@/components/StatePage'
import { auditSearch, channelSearch, masterDataSearch, messagesSearch, parseSearch, queuesSearch, recordSearch, stringifySearch, traceSearch } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { Frame } from './Frame'

const root = createRootRoute({
  component: Frame,
  notFoundComponent: NotFound,
  errorComponent: Crashed,
})

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('@/features/overview/OverviewPage')),
})

const messages = createRoute({
  getParentRoute: () => root,
  path: '/messages',
  validateSearch: messagesSearch,
  component: lazyRouteComponent(() => import('@/features/messages/MessagesPage')),
})

const trace = createRoute({
  getParentRoute: () => root,
  path: '/messages/$position',
  validateSearch: traceSearch,
  component: lazyRouteComponent(() => import('@/features/trace/TracePage')),
})

const queues = createRoute({
  getParentRoute: () => root,
  path: '/queues',
  validateSearch: queuesSearch,
  component: lazyRouteComponent(() => import('@/features/queues/QueuesPage')),
})

const channels = createRoute({
  getParentRoute: () => root,
  path: '/channels',
  component: lazyRouteComponent(() => import('@/features/channels/ChannelsPage')),
})

const channel = createRoute({
  getParentRoute: () => root,
  path: '/channels/$name',
  validateSearch: channelSearch,
  component: lazyRouteComponent(() => import('@/features/channels/ChannelPage')),
})

const masterdata = createRoute({
  getParentRoute: () => root,
  path: '/masterdata',
  validateSearch: masterDataSearch,
  component: lazyRouteComponent(() => import('@/features/masterdata/MasterDataPage')),
})

const record = createRoute({
  getParentRoute: () => root,
  path: '/masterdata/$kind/$code',
  validateSearch: recordSearch,
  component: lazyRouteComponent(() => import('@/features/masterdata/RecordPage')),
})

const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import('@/features/audit/AuditPage')),
})

/** A fault of the console itself, perhaps a page of a release that has been replaced meanwhile. */
function Crashed() {
  const { t } = useTexts()
  return (
    <StatePage title={t('states.crashedTitle')} text={t('states.crashedText')}>
      <button type="button" className="native" onClick={() => window.location.reload()}>
        {t('states.reload')}
      </button>
    </StatePage>
  )
}

function NotFound() {
  const { t } = useTexts()
  return (
    <StatePage title={t('states.notFoundTitle')} text={t('states.notFoundText')}>
      <Link to="/">{t('states.home')}</Link>
    </StatePage>
  )
}

export const router = createRouter({
  routeTree: root.addChildren([overview, messages, trace, queues, channels, channel, masterdata, record, audit]),
  parseSearch,
  stringifySearch,
  // What no screen knows is dropped; without this, what a screen has refused would come back.
  search: { strict: true },
  scrollRestoration: true,
  defaultPreload: 'intent',
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
