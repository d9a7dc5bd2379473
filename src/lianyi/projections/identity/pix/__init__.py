"""The HL7 v2 doors of the patient index: PIX and PDQ queries, and telling of changes.

``question`` reads a query, ``selecting`` says whom it means, ``answer`` writes what comes back; all
of that is pure. ``service`` asks the index between them. Who asks is known before.

Sources:
    IHE ITI TF-2: ITI-9 (PIX query), ITI-10 (PIX update notification), ITI-21 and ITI-22 (PDQ);
    HL7 v2.5 chapters 2, 3 and 5.
"""
