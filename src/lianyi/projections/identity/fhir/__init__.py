"""The FHIR R4 doors of the patient index: IHE PDQm and PIXm, ``$match``, and our ``$unmerge``.

``resources`` writes persons as FHIR and ``requests`` reads what is asked; both are pure.
``patients`` asks the index, as :class:`~lianyi.projections.identity.service.IdentityService` lets
it; ``endpoints`` are the doors. Failures leave as OperationOutcome: ``lianyi.api.fhir_failures``.
"""
