"""The resource types of FHIR R4, and which of them are about a patient. Pure.

Source:
    HL7 FHIR R4 (4.0.1), value set ``resource-types``; CompartmentDefinition/patient.
"""

from __future__ import annotations

from typing import Final

_ABOUT_PATIENTS = """
    Account AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic
    BodyStructure CarePlan CareTeam ChargeItem Claim ClaimResponse ClinicalImpression Communication
    CommunicationRequest Composition Condition Consent Coverage CoverageEligibilityRequest
    CoverageEligibilityResponse DetectedIssue DeviceRequest DeviceUseStatement DiagnosticReport
    DocumentManifest DocumentReference Encounter EnrollmentRequest EpisodeOfCare
    ExplanationOfBenefit FamilyMemberHistory Flag Goal Group ImagingStudy Immunization
    ImmunizationEvaluation ImmunizationRecommendation Invoice List MeasureReport Media
    MedicationAdministration MedicationDispense MedicationRequest MedicationStatement
    MolecularSequence NutritionOrder Observation Patient Person Procedure Provenance
    QuestionnaireResponse RelatedPerson RequestGroup ResearchSubject RiskAssessment Schedule
    ServiceRequest Specimen SupplyDelivery SupplyRequest VisionPrescription
    Binary Bundle Device GuidanceResponse Task
"""
ABOUT_PATIENTS: Final = frozenset(_ABOUT_PATIENTS.split())
"""Types of the Patient compartment, and others that may hold what is said of a patient."""

_OTHERS = """
    ActivityDefinition BiologicallyDerivedProduct CapabilityStatement CatalogEntry
    ChargeItemDefinition CodeSystem CompartmentDefinition ConceptMap Contract DeviceDefinition
    DeviceMetric EffectEvidenceSynthesis Endpoint EnrollmentResponse EventDefinition Evidence
    EvidenceVariable ExampleScenario GraphDefinition HealthcareService ImplementationGuide
    InsurancePlan Library Linkage Location Measure Medication MedicationKnowledge
    MedicinalProduct MedicinalProductAuthorization MedicinalProductContraindication
    MedicinalProductIndication MedicinalProductIngredient MedicinalProductInteraction
    MedicinalProductManufactured MedicinalProductPackaged MedicinalProductPharmaceutical
    MedicinalProductUndesirableEffect MessageDefinition MessageHeader NamingSystem
    ObservationDefinition OperationDefinition OperationOutcome Organization
    OrganizationAffiliation Parameters PaymentNotice PaymentReconciliation PlanDefinition
    Practitioner PractitionerRole Questionnaire ResearchDefinition ResearchElementDefinition
    ResearchStudy RiskEvidenceSynthesis SearchParameter Slot SpecimenDefinition
    StructureDefinition StructureMap Subscription Substance SubstanceNucleicAcid
    SubstancePolymer SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial
    SubstanceSpecification TerminologyCapabilities TestReport TestScript ValueSet
    VerificationResult
"""

TYPES: Final = ABOUT_PATIENTS | frozenset(_OTHERS.split())
EVERY: Final = {one: one for one in sorted(TYPES)}
"""What a door declares whose path says the type; see ``security.permissions.fhir``."""
DEFINITIONS: Final = frozenset({"SearchParameter", "ViewDefinition"})
"""What the whole house works by, written at doors of its own. ViewDefinition is no type of R4."""
