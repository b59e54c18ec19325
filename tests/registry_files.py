"""Files as ISRCTN, CTIS and ICTRP export them, of made-up trials in our own words. Shapes: docs/registries.md."""

import csv
import io
import json
from typing import Any
from xml.sax.saxutils import escape

ISRCTN, CTIS, CHICTR = "ISRCTN90000001", "2031-590001-12-00", "ChiCTR3100090001"


def isrctn(number: str = ISRCTN, *, refs: str = "", day: str = "2031-02-03", version: int = 4, **more: str) -> str:
    """A fullTrial. more: title, status (XML beside trialDesign's own), phase, final, outputs."""
    return f"""<fullTrial>
  <trial lastUpdated="{day}T09:21:05.295891682Z" version="{version}">
    <isrctn dateAssigned="2030-11-05T00:00:00Z">{number.removeprefix("ISRCTN")}</isrctn>
    <trialDescription>
      <title>{more.get("title", "Moss exosomes for alopecia areata")}</title>
      <scientificTitle>A randomised trial of moss exosomes</scientificTitle>
      <plainEnglishSummary>Background and study aims&#xD;
Hair grows where moss exosomes &amp;lt;a gel&amp;gt; are rubbed in.</plainEnglishSummary>
      <primaryOutcomes><outcomeMeasure id="o1"><variable>Hair count</variable><method>Photographs</method>
        <timepoints>week 24</timepoints></outcomeMeasure></primaryOutcomes>
    </trialDescription>
    <externalRefs><doi>10.1186/{number}</doi>{refs}<protocolSerialNumber>MOSS-7</protocolSerialNumber></externalRefs>
    <trialDesign>
      <primaryStudyDesign>Interventional</primaryStudyDesign>
      <secondaryStudyDesign>Randomised controlled trial</secondaryStudyDesign>
      <interventionalTrialDesign><allocation>Randomized controlled trial</allocation>
        <masking>Blinded (masking used)</masking></interventionalTrialDesign>
      {more.get("status", "")}
      <overallStartDate>2030-12-01T00:00:00.000Z</overallStartDate>
      <overallEndDate>2032-06-30T00:00:00.000Z</overallEndDate>
    </trialDesign>
    <participants>
      <recruitmentCountries><country>Norway</country><country>United Kingdom</country></recruitmentCountries>
      <trialCentres><trialCentre id="c1"><name>Moss Hospital</name><city>Bergen</city><country>Norway</country>
        </trialCentre></trialCentres>
      <inclusion>Adults with alopecia areata</inclusion><exclusion>Allergy to moss</exclusion>
      <targetEnrolment>60</targetEnrolment><totalFinalEnrolment>{more.get("final", "0")}</totalFinalEnrolment>
    </participants>
    <conditions><condition><description>Alopecia areata</description></condition></conditions>
    <interventions><intervention><description>A gel, rubbed in daily.</description>
      <interventionType>Biological/Vaccine</interventionType><phase>{more.get("phase", "Phase I/II")}</phase>
      <drugNames>Moss exosomes</drugNames></intervention></interventions>
    <outputs>{more.get("outputs", "")}</outputs>
    <parties><sponsorId>s2</sponsorId></parties>
  </trial>
  <sponsor id="s1"><organisation>Another Sponsor</organisation></sponsor>
  <sponsor id="s2"><organisation>University of Moss</organisation></sponsor>
</fullTrial>"""


def isrctn_file(*trials: str) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<allTrials totalCount="1" xmlns="http://www.67bricks.com/isrctn">'
    return "\n".join([head, *trials, "</allTrials>"]).encode()


def isrctn_row(number: str = ISRCTN, **more: str) -> dict[str, str]:
    return {
        "ISRCTN": number,
        "Title": "Moss exosomes for alopecia areata",
        "ClinicalTrials.gov number": "",
        "Primary study design": "Interventional",
        "Phase": "Phase I/II",
        "Condition": "Alopecia areata",
        "Interventions": "A gel of moss exosomes",
        "Overall trial status": "Recruiting",
        "Overall trial start date": "01/12/2030",
        "Target number of participants": "60",
        "Last edited": "03/02/2031",
    } | more


def ictrp(trial_id: str = CHICTR, **more: str) -> dict[str, str]:
    """Column -> value, in the spelling of the XML."""
    return {
        "Export_date": "10/04/2031 04:51:51",
        "Internal_Number": "16104120",
        "TrialID": trial_id,
        "Last_Refreshed_on": "21 September 2031",
        "Public_title": "Exosomes of moss for alopecia: a trial",
        "Scientific_title": "Exosomes of moss for alopecia, randomised   ",
        "Primary_sponsor": "Moss University",
        "Date_registration3": "20310920",
        "Date_registration": "20/09/2031",
        "Source_Register": "ChiCTR",
        "web_address": "https://register.example.org/moss?proj=1",
        "Recruitment_Status": "Not Recruiting",
        "Date_enrollement": "2031-10-01",
        "Target_size": "exosomes:40;vehicle:20;",
        "Study_type": "Interventional study",
        "Study_design": "Allocation: Randomized. Masking: Double-blind",
        "Phase": "Phase 2/Phase 3",
        "Countries": "China;Iran, Islamic Republic of",
        "Inclusion_Criteria": "Inclusion criteria: 1. Alopecia;&#x0D;<br>2. 10<sup>6</sup> hairs, p < 0.05",
        "Exclusion_Criteria": "Moss",
        "Condition": "alopecia",
        "Intervention": "exosomes group:exosomes of moss, daily;vehicle group:gel",
        "Primary_outcome": "Hair count;",
        "Secondary_ID": "",
        "results_yes_no": "",
    } | more


def ictrp_file(*trials: dict[str, str]) -> bytes:
    """As the portal writes it: values end with a line break and blanks, empty ones close themselves."""
    out = ["<?xml version='1.0' encoding='UTF-8' ?>", "<Trials_downloaded_from_ICTRP>"]
    for trial in trials:
        fields = (f"<{n}>{escape(v)}\n    </{n}>" if v else f"<{n}/>" for n, v in trial.items())
        out.append("  <Trial>" + "\n    ".join(fields) + "\n  </Trial>")
    return "\n".join([*out, "</Trials_downloaded_from_ICTRP>"]).encode()


def spaced(trial: dict[str, str]) -> dict[str, str]:
    """The same with the headings of the CSV."""
    return {name.replace("_", " "): value for name, value in trial.items() if name != "Internal_Number"}


def table(*rows: dict[str, str], sign: str = ",", ends: str = "\r\n") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=sign, lineterminator=ends)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def ctis(number: str = CTIS, *, nct: str = "", eudract: str = "", **more: Any) -> dict[str, Any]:
    """What retrieve gives of a trial."""
    names = {
        "publicTitle": "Moss exosomes in alopecia areata",
        "fullTitle": "A phase II trial of moss exosomes",
        "shortTitle": "MOSS-8",
        "secondaryIdentifyingNumbers": {"nctNumber": {"number": nct} if nct else None, "additionalRegistries": []},
    }
    about = {
        "trialCategory": {"trialPhase": "4"},
        "medicalCondition": {"partIMedicalConditions": [{"medicalCondition": "Alopecia areata"}]},
        "eligibilityCriteria": {
            "principalInclusionCriteria": [{"principalInclusionCriteria": "Adults"}],
            "principalExclusionCriteria": [{"principalExclusionCriteria": "Allergy to moss"}],
        },
        "endPoint": {"primaryEndPoints": [{"endPoint": "Hair count at week 24"}]},
        "trialDuration": {"estimatedRecruitmentStartDate": "2031-03-01", "estimatedEndDate": "2033-03-01"},
    }
    site = {"organisation": {"name": "Moss Clinic"}, "address": {"city": "Ghent", "countryName": "Belgium"}}
    part = {
        "trialDetails": {"clinicalTrialIdentifiers": names, "trialInformation": about, "pubmedCode": ["38000001"]},
        "sponsors": [{"primary": True, "organisation": {"name": "Moss NV"}}],
        "products": [{"productName": "MX-1", "productDictionaryInfo": {"activeSubstanceName": "MOSS EXOSOMES"}}],
        "rowSubjectCount": 20,
    }
    application = {
        "eudraCt": {"eudraCtCode": eudract},
        "memberStatesConcerned": [{"mscName": "Belgium"}],
        "authorizedPartI": part,
        "authorizedPartsII": [{"recruitmentSubjectCount": 30, "trialSites": [{"organisationAddressInfo": site}]}],
    }
    said = {"ctNumber": number, "ctStatus": "Authorised", "ctPublicStatusCode": 4, "decisionDate": "2031-01-15"}
    return said | {"publishDate": "2031-02-01T10:00:00", "authorizedApplication": application} | more


def ctis_hit(number: str = CTIS, **more: Any) -> dict[str, Any]:
    """What search lists of a trial."""
    return {
        "ctNumber": number,
        "ctStatus": 8,
        "ctTitle": "Moss exosomes in alopecia areata",
        "conditions": "Alopecia areata",
        "trialCountries": ["Belgium:8"],
        "decisionDateOverall": "15/01/2031",
        "trialPhase": "Therapeutic exploratory (Phase II)",
        "sponsor": "Moss NV",
        "product": "MX-1",
        "lastUpdated": "08/09/2031",
    } | more


def ctis_row(number: str = CTIS, **more: str) -> dict[str, str]:
    return {
        "Trial number": number,
        "Title of the trial": "Moss exosomes in alopecia areata",
        "Protocol code": "MOSS-8",
        "Overall trial status": "Ongoing, recruiting",
        "Location(s) and recruitment status": "Belgium: Ongoing, recruiting",
        "Number of participants enrolled": "50",
        "Medical conditions": "Alopecia areata",
        "Trial phase": "Therapeutic exploratory (Phase II)",
        "Product": "MX-1",
        "Primary endpoint": "Hair count at week 24",
        "Decision date": "15/01/2031",
        "Start date": "01/03/2031",
        "Sponsor/Co-Sponsors": "Moss NV",
        "Last updated": "08/09/2031",
    } | more


def dumped(*trials: dict[str, Any]) -> bytes:
    return json.dumps(list(trials)).encode()
