/** The one door to the server: typed calls, and failures that carry the server's own words. */

import createClient from 'openapi-fetch'

import { bearer, isEmbedded } from './embedding'
import { chosenPurpose } from './purpose'
import type { components, paths } from './schema'

type Schemas = components['schemas']
export type Problem = Schemas['Problem']
export type OpenProblem = Schemas['OverviewProblem']
export type Session = Schemas['Session']
export type Me = Schemas['Me']
export type AccountRow = Schemas['AccountRow']
export type AccountDetail = Schemas['AccountDetail']
export type Assignment = Schemas['AssignmentView']
export type SessionRow = Schemas['SessionView']
export type ApiKey = Schemas['KeyView']
export type PractitionerName = Schemas['PractitionerName']
export type AppRegistration = Schemas['AppView']
export type Approval = Schemas['ApprovalView']
export type AppQuestion = Schemas['QuestionView']
export type Role = Schemas['RoleView']
export type ExplanationOfAccess = Schemas['ExplanationOfAccess']
export type Overview = Schemas['Overview']
export type Certificate = Schemas['CertificateView']
export type Balance = Schemas['Balance']
export type ChannelCard = Schemas['ChannelCard']
export type ChannelDetail = Schemas['ChannelDetail']
export type DefinitionDetail = Schemas['DefinitionDetail']
export type SharedFileDifference = Schemas['SharedFileDifference']
export type DefinitionLine = Schemas['DefinitionLine']
export type DestinationCard = Schemas['DestinationCard']
export type MessageRow = Schemas['MessageRow']
export type MessageTrace = Schemas['MessageTrace']
export type Neighbour = Schemas['Neighbour']
export type Neighbours = Schemas['Neighbours']
export type DeliveryTrace = Schemas['DeliveryTrace']
export type DeliveryRow = Schemas['DeliveryRow']
export type DeliveryState = Schemas['DeliveryMark']['state']
export type DestinationState = DestinationCard['state']
export type Attempt = Schemas['Attempt']
export type ShownBy = Schemas['ShownBy']
export type Difference = Schemas['Difference']
export type Finding = Schemas['FindingView']
export type TreeNode = Schemas['TreeNode']
export type Key = Schemas['Key']
export type Replay = Schemas['ReplayView']
export type ReplayFilter = Schemas['ReplayFilter']
export type DryRun = Schemas['DryRun']
export type CheckResult = Schemas['CheckResult']
export type MasterRecord = Schemas['RecordRow']
export type RecordDetail = Schemas['RecordDetail']
export type RecordLink = Schemas['LinkRow']
export type RecordKind = Schemas['Kind']
export type OrganisationNode = Schemas['OrganisationNode']
export type Saying = Schemas['SayingRow']
export type Proposal = Schemas['ProposalRow']
export type SetAside = Schemas['SetAsideView']
export type Uncoded = Schemas['UncodedView']
export type ActRow = Schemas['ActView']
export type AuditProof = Schemas['AuditProof']
export type Look = Schemas['LookView']
export type Glass = Schemas['GlassView']
export type Consent = Schemas['ConsentView']
export type NewConsent = Schemas['NewConsent']
export type Classification = Schemas['ClassificationView']
export type PurposeCode = Schemas['Purpose']
export type Person = Schemas['PersonView']
export type PersonSummary = Schemas['PersonSummary']
export type IndexRecord = Schemas['RecordView']
export type RecordKey = Schemas['RecordKeyView']
export type Evidence = Schemas['EvidenceView']
export type IdentityQuestion = Schemas['IdentityQuestion']
export type Candidate = Schemas['Candidate']
export type Demographics = Schemas['DemographicsIn']
export type DecidedOnPersons = Schemas['DecidedView']
export type Survey = Schemas['SurveyView']
export type SourceQuality = Schemas['SourceView']
export type QualityFinding = Schemas['QualityFindingView']
export type Models = Schemas['ModelsView']
export type ModelProposal = Schemas['ProposalView']
export type ResolvedCard = Schemas['ResolvedCard']
export type RecordLook = Schemas['RecordLook']
export type RecordReason = Schemas['RecordReason']
export type RecordRight = Schemas['RecordRight']
export type RecordOverview = Schemas['RecordOverview']
export type RecordSection = Schemas['RecordSection']
export type RecordItem = Schemas['RecordItemView']
export type RecordItemDetail = Schemas['RecordItemDetail']
export type RecordValue = Schemas['RecordValue']
export type RecordSeries = Schemas['RecordSeries']
export type ProposedDecision = Schemas['ProposedDecision']
export type WaitingDecision = Schemas['ProposedDecisionDetail']
export type IndicatorRow = Schemas['IndicatorRow']
export type IndicatorDetail = Schemas['IndicatorDetail']
export type Caliber = IndicatorDetail['calibers'][number]
export type IndicatorFigures = Schemas['IndicatorFigures']
export type Figure = Schemas['Figure']
export type FiguresAnswer = Schemas['FiguresView']
export type IndicatorBoard = Schemas['BoardView']
export type IndicatorTile = Schemas['Tile']
export type TodayAnswer = Schemas['TodayView']
export type CountedRows = Schemas['RowsView']
export type CountedRow = CountedRows['items'][number]
export type CountedCell = CountedRow['cells'][number]
export type CaliberStanding = Schemas['CaliberStanding']
export type CaliberHistory = Schemas['CaliberHistory']
export type PublishedCell = Schemas['PublishedCell']
export type PublishedList = Schemas['PublishedList']
export type Recount = Schemas['RecountView']
export type IndicatorEntry = Schemas['EntryView']
export type ExamSheet = Schemas['ExamSheet']
export type ExamRow = Schemas['ExamRow']
export type FormOfSheet = Schemas['FormView']
export type FormSheet = Schemas['FormSheet']
export type FormLine = Schemas['FormSheetLine']
export type FormFiling = Schemas['FilingView']
export type FormDifference = Schemas['FormDifference']
export type DifferenceLine = Schemas['DifferenceLine']
export type IndicatorAlert = Schemas['AlertView']
export type ContributionAnswer = Schemas['ContributionView']
export type ContributionGroup = ContributionAnswer['rows'][number]
export type ImpactAnswer = Schemas['ImpactView']
export type ForecastAnswer = Schemas['ForecastView']
export type BenchmarkAnswer = Schemas['BenchmarkView']
export type TopicAnswer = Schemas['TopicView']
export type ScoreAnswer = Schemas['ScoreView']
export type ScoreRow = Schemas['ScoreRow']
export type ScoreComponent = Schemas['ComponentView']
export type ScoreMark = Schemas['MarkView']
export type WorkloadAnswer = Schemas['WorkloadView']
export type IndicatorTarget = Schemas['TargetView']
export type AlertRule = Schemas['AlertRuleView']
export type WatchWord = Schemas['WatchWord']
export type IndicatorPlaces = Schemas['PlacesView']
export type PublicationPreview = Schemas['PublishPreview']
export type PreviewCell = Schemas['PreviewCell']
export type PublishedSum = Schemas['PublishedSum']
export type CaliberChange = Schemas['CaliberChange']
export type ExploredAnswer = Schemas['ExploredView']
export type ExploredFigures = Schemas['ExploredFigures']
export type ExploredCell = Schemas['ExploredCell']
export type Dimension = Schemas['Dimension']
export type Narrowed = Schemas['Narrowed']
export type IndicatorNote = Schemas['NoteView']
export type SavedExploration = Schemas['SavedExploration']
export type SavedQuestion = Schemas['SavedQuestion']
export type FigureRequest = Schemas['FigureRequest']
export type FigureRequestDetail = Schemas['FigureRequestDetail']
export type DataService = Schemas['DataService']
export type DataServiceDetail = Schemas['DataServiceDetail']
export type IndicatorReport = Schemas['ReportView']
export type IndicatorReportRun = Schemas['RunView']
export type ReportTemplate = Schemas['TemplateView']
export type ReportSection = Schemas['PartOf']
export type ReportSchedule = Schemas['Schedule']
export type QualityOverview = Schemas['QualityOverview']
export type QualityShare = Schemas['QualityShare']
export type QualityPoint = Schemas['QualityPoint']
export type QualityRule = Schemas['QualityRule']
export type QualityRuleDetail = Schemas['QualityRuleDetail']
export type QualityCell = Schemas['QualityCell']
export type RuleFinding = Schemas['RuleFinding']
export type LineageAnswer = Schemas['Lineage']
export type LineageNode = Schemas['LineageNode']
export type Page<T> = { items: T[]; next_cursor?: string | null; total?: number | null }

/** The header tells the server that a change was asked for by this page and not by a foreign one. */
export const client = createClient<paths>({
  credentials: 'same-origin',
  headers: { 'X-Lianyi': '1' },
})

client.use({
  onRequest: ({ request }) => {
    const token = bearer()
    if (token !== null) {
      const borne = new Request(request, { credentials: 'omit' })
      borne.headers.set('Authorization', `Bearer ${token}`)
      return borne
    }
    const purpose = isEmbedded() ? null : chosenPurpose()
    if (purpose !== null) request.headers.set('X-Purpose', purpose)
    return request
  },
})

/** A call that failed. `problem` is null when the server could not be asked at all. */
export class ApiFailure extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem | null,
  ) {
    super(problem?.code ?? `HTTP ${status}`)
  }
}

type Answer<T> = { data?: T; error?: unknown; response: Response }

/** Give the body of an answer, or throw the failure that it is. */
export async function take<T>(answer: Promise<Answer<T>>): Promise<T> {
  let got: Answer<T>
  try {
    got = await answer
  } catch {
    throw new ApiFailure(0, null)
  }
  if (got.response.ok) return got.data as T
  throw new ApiFailure(got.response.status, problemIn(got.error))
}

function problemIn(body: unknown): Problem | null {
  if (typeof body !== 'object' || body === null || !('error' in body)) return null
  const problem = (body as { error: unknown }).error
  const whole = typeof problem === 'object' && problem !== null && 'zh' in problem && 'en' in problem
  return whole ? (problem as Problem) : null
}
