import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link, Navigate, type RouteComponent } from '@tanstack/react-router'
import { createElement } from 'react'

import { Guarded } from '@/components/Guarded'
import { StatePage } from '@/components/StatePage'
import { accountsSearch, alertsSearch, auditSearch, boardSearch, channelSearch, definitionSearch, deskSearch, drillSearch, examSearch, exploreSearch, findSearch, formsSearch, masterDataSearch, messagesSearch, parseSearch, patientRecordSearch, personSearch, privacySearch, publishSearch, qualitySearch, queuesSearch, recordSearch, reportsSearch, requestsSearch, servicesSearch, ruleSearch, scoreSearch, stringifySearch, topicSearch, traceSearch, uncodedSearch, workloadSearch } from '@/lib/filters'
import { type Permission, useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { Frame } from './Frame'

let frame: RouteComponent = Frame

const root = createRootRoute({
  component: () => createElement(frame),
  notFoundComponent: NotFound,
  errorComponent: Crashed,
})

/** A page for those who hold a permission, or one of several. */
function guarded(needs: Permission | readonly Permission[], Page: RouteComponent): RouteComponent {
  const Shown = () => (
    <Guarded needs={needs}>
      <Page />
    </Guarded>
  )
  return Object.assign(Shown, { preload: Page.preload })
}

const Overview = lazyRouteComponent(() => import('@/features/overview/OverviewPage'))

/** Where people begin who may not see the overview. */
const BEGINNINGS = [
  ['/messages', 'messages.read'],
  ['/queues', 'deliveries.read'],
  ['/channels', 'channels.read'],
  ['/record', 'clinical.read'],
  ['/indicators', 'indicators.read'],
  ['/identity', 'identity.read'],
  ['/quality', 'quality.read'],
  ['/accounts', 'accounts.read'],
  ['/privacy', 'consents.read'],
] as const

function Home() {
  const may = useMay()
  if (may('overview.read')) return <Overview />
  const [to] = BEGINNINGS.find(([, needs]) => may(needs)) ?? ['/me' as const]
  return <Navigate to={to} replace />
}

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: Home,
})

const messages = createRoute({
  getParentRoute: () => root,
  path: '/messages',
  validateSearch: messagesSearch,
  component: guarded('messages.read', lazyRouteComponent(() => import('@/features/messages/MessagesPage'))),
})

const trace = createRoute({
  getParentRoute: () => root,
  path: '/messages/$position',
  validateSearch: traceSearch,
  component: guarded('messages.read', lazyRouteComponent(() => import('@/features/trace/TracePage'))),
})

const queues = createRoute({
  getParentRoute: () => root,
  path: '/queues',
  validateSearch: queuesSearch,
  component: guarded('deliveries.read', lazyRouteComponent(() => import('@/features/queues/QueuesPage'))),
})

const channels = createRoute({
  getParentRoute: () => root,
  path: '/channels',
  component: guarded('channels.read', lazyRouteComponent(() => import('@/features/channels/ChannelsPage'))),
})

const channel = createRoute({
  getParentRoute: () => root,
  path: '/channels/$name',
  validateSearch: channelSearch,
  component: guarded('channels.read', lazyRouteComponent(() => import('@/features/channels/ChannelPage'))),
})

const accounts = createRoute({
  getParentRoute: () => root,
  path: '/accounts',
  validateSearch: accountsSearch,
  component: guarded('accounts.read', lazyRouteComponent(() => import('@/features/accounts/AccountsPage'))),
})

const account = createRoute({
  getParentRoute: () => root,
  path: '/accounts/$name',
  component: guarded('accounts.read', lazyRouteComponent(() => import('@/features/accounts/AccountPage'))),
})

const me = createRoute({
  getParentRoute: () => root,
  path: '/me',
  component: lazyRouteComponent(() => import('@/features/accounts/MyAccountPage')),
})

const firstAdministrator = createRoute({
  getParentRoute: () => root,
  path: '/first-administrator',
  component: guarded('accounts.manage', lazyRouteComponent(() => import('@/features/accounts/FirstAdministratorPage'))),
})

const masterdata = createRoute({
  getParentRoute: () => root,
  path: '/masterdata',
  validateSearch: masterDataSearch,
  component: guarded('masterdata.read', lazyRouteComponent(() => import('@/features/masterdata/MasterDataPage'))),
})

const record = createRoute({
  getParentRoute: () => root,
  path: '/masterdata/$kind/$code',
  validateSearch: recordSearch,
  component: guarded('masterdata.read', lazyRouteComponent(() => import('@/features/masterdata/RecordPage'))),
})

const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: auditSearch,
  component: guarded('audit.read', lazyRouteComponent(() => import('@/features/audit/AuditPage'))),
})

const privacy = createRoute({
  getParentRoute: () => root,
  path: '/privacy',
  validateSearch: privacySearch,
  component: lazyRouteComponent(() => import('@/features/privacy/PrivacyPage')),
})

const findPatient = createRoute({
  getParentRoute: () => root,
  path: '/record',
  validateSearch: findSearch,
  component: guarded('clinical.read', lazyRouteComponent(() => import('@/features/record/FindPage'))),
})

const patientRecord = createRoute({
  getParentRoute: () => root,
  path: '/record/$person',
  validateSearch: patientRecordSearch,
  component: guarded('clinical.read', lazyRouteComponent(() => import('@/features/record/RecordPage'))),
})

const uncoded = createRoute({
  getParentRoute: () => root,
  path: '/uncoded',
  validateSearch: uncodedSearch,
  component: guarded('messages.read', lazyRouteComponent(() => import('@/features/uncoded/UncodedPage'))),
})

/** Who decides begins with the questions, the desk with looking for somebody. */
const identity = createRoute({
  getParentRoute: () => root,
  path: '/identity',
  component: guarded('identity.read', () => (useMay()('identity.decide') ? <Workbench /> : <Navigate to="/identity/search" replace />)),
})

const Workbench = lazyRouteComponent(() => import('@/features/identity/WorkbenchPage'))

const persons = createRoute({
  getParentRoute: () => root,
  path: '/identity/search',
  validateSearch: personSearch,
  component: guarded('identity.read', lazyRouteComponent(() => import('@/features/identity/SearchPage'))),
})

const person = createRoute({
  getParentRoute: () => root,
  path: '/identity/persons/$person',
  component: guarded('identity.read', lazyRouteComponent(() => import('@/features/identity/PersonPage'))),
})

const comparison = createRoute({
  getParentRoute: () => root,
  path: '/identity/compare/$person/$other',
  component: guarded('identity.read', lazyRouteComponent(() => import('@/features/identity/ComparePage'))),
})

const waiting = createRoute({
  getParentRoute: () => root,
  path: '/identity/waiting',
  component: guarded('identity.decide', lazyRouteComponent(() => import('@/features/identity/WaitingPage'))),
})

const identityQuality = createRoute({
  getParentRoute: () => root,
  path: '/identity/quality',
  component: guarded('identity.read', lazyRouteComponent(() => import('@/features/identity/QualityPage'))),
})

const identityModels = createRoute({
  getParentRoute: () => root,
  path: '/identity/models',
  component: guarded('identity.model', lazyRouteComponent(() => import('@/features/identity/ModelsPage'))),
})

/** Everybody sees figures of his own; who may see more sees more. */
const SEES_FIGURES = ['indicators.read', 'indicators.own'] as const

const indicators = createRoute({
  getParentRoute: () => root,
  path: '/indicators',
  validateSearch: boardSearch,
  component: guarded(SEES_FIGURES, lazyRouteComponent(() => import('@/features/indicators/BoardPage'))),
})

const indicator = createRoute({
  getParentRoute: () => root,
  path: '/indicators/$code',
  validateSearch: drillSearch,
  component: guarded(SEES_FIGURES, lazyRouteComponent(() => import('@/features/indicators/DrillPage'))),
})

const indicatorDesk = createRoute({
  getParentRoute: () => root,
  path: '/indicators/desk',
  validateSearch: deskSearch,
  component: guarded(SEES_FIGURES, lazyRouteComponent(() => import('@/features/indicators/DeskPage'))),
})

const indicatorDefinition = createRoute({
  getParentRoute: () => root,
  path: '/indicators/desk/$code',
  validateSearch: definitionSearch,
  component: guarded(SEES_FIGURES, lazyRouteComponent(() => import('@/features/indicators/DefinitionPage'))),
})

const indicatorExplore = createRoute({
  getParentRoute: () => root,
  path: '/indicators/explore',
  validateSearch: exploreSearch,
  component: guarded(SEES_FIGURES, lazyRouteComponent(() => import('@/features/indicators/ExplorePage'))),
})

const indicatorPublish = createRoute({
  getParentRoute: () => root,
  path: '/indicators/publish',
  validateSearch: publishSearch,
  component: guarded('indicators.publish', lazyRouteComponent(() => import('@/features/indicators/PublishPage'))),
})

const indicatorExam = createRoute({
  getParentRoute: () => root,
  path: '/indicators/exam',
  validateSearch: examSearch,
  component: guarded('indicators.read', lazyRouteComponent(() => import('@/features/indicators/ExamPage'))),
})

const indicatorForms = createRoute({
  getParentRoute: () => root,
  path: '/indicators/forms',
  validateSearch: formsSearch,
  component: guarded('indicators.read', lazyRouteComponent(() => import('@/features/indicators/FormsPage'))),
})

const indicatorTopics = createRoute({
  getParentRoute: () => root,
  path: '/indicators/topics',
  validateSearch: topicSearch,
  component: guarded(SEES_FIGURES, lazyRouteComponent(() => import('@/features/indicators/TopicPage'))),
})

const indicatorScores = createRoute({
  getParentRoute: () => root,
  path: '/indicators/scores',
  validateSearch: scoreSearch,
  component: guarded('indicators.read', lazyRouteComponent(() => import('@/features/indicators/ScorePage'))),
})

const indicatorWorkload = createRoute({
  getParentRoute: () => root,
  path: '/indicators/workload',
  validateSearch: workloadSearch,
  component: guarded(SEES_FIGURES, lazyRouteComponent(() => import('@/features/indicators/WorkloadPage'))),
})

const indicatorAlerts = createRoute({
  getParentRoute: () => root,
  path: '/indicators/alerts',
  validateSearch: alertsSearch,
  component: guarded('indicators.read', lazyRouteComponent(() => import('@/features/indicators/AlertsPage'))),
})

const indicatorReports = createRoute({
  getParentRoute: () => root,
  path: '/indicators/reports',
  validateSearch: reportsSearch,
  component: guarded('indicators.read', lazyRouteComponent(() => import('@/features/indicators/ReportsPage'))),
})

const indicatorRequests = createRoute({
  getParentRoute: () => root,
  path: '/indicators/requests',
  validateSearch: requestsSearch,
  component: guarded(SEES_FIGURES, lazyRouteComponent(() => import('@/features/indicators/RequestsPage'))),
})

const indicatorServices = createRoute({
  getParentRoute: () => root,
  path: '/indicators/services',
  validateSearch: servicesSearch,
  component: guarded('indicators.read', lazyRouteComponent(() => import('@/features/indicators/ServicesPage'))),
})

const quality = createRoute({
  getParentRoute: () => root,
  path: '/quality',
  validateSearch: qualitySearch,
  component: guarded('quality.read', lazyRouteComponent(() => import('@/features/indicators/quality/QualityPage'))),
})

const qualityRule = createRoute({
  getParentRoute: () => root,
  path: '/quality/$rule',
  validateSearch: ruleSearch,
  component: guarded('quality.read', lazyRouteComponent(() => import('@/features/indicators/quality/RulePage'))),
})

const lineage = createRoute({
  getParentRoute: () => root,
  path: '/quality/lineage/$code',
  component: guarded('quality.read', lazyRouteComponent(() => import('@/features/indicators/quality/LineagePage'))),
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

/** The routes of the console; elsewhere than at its root, and with another frame around the pages. */
export function makeRouter({ basepath = '/', frame: around = Frame }: { basepath?: string; frame?: RouteComponent } = {}) {
  frame = around
  return createRouter({
    basepath,
    routeTree: root.addChildren([
      overview, messages, trace, queues, channels, channel, uncoded, masterdata, record, findPatient, patientRecord, identity, persons, person, comparison, waiting, identityQuality, identityModels, indicators, indicator, indicatorDesk, indicatorDefinition, indicatorExplore, indicatorPublish, indicatorExam, indicatorForms, indicatorAlerts, indicatorTopics, indicatorScores, indicatorWorkload, indicatorReports, indicatorRequests, indicatorServices, quality, qualityRule, lineage, audit, privacy, accounts, account, me, firstAdministrator,
    ]),
    parseSearch,
    stringifySearch,
    // What no screen knows is dropped; without this, what a screen has refused would come back.
    search: { strict: true },
    scrollRestoration: true,
    defaultPreload: 'intent',
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
