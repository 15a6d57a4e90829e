from betatel_exporter.web.significance import Share, significantly_worse

USUAL = Share(40, 1000)


def test_worse_needs_effect_evidence_and_a_few_failures() -> None:
    cases = {
        Share(20, 50): True,
        Share(3, 3): True,
        Share(2, 2): False,  # too few failures
        Share(5, 50): False,  # six points more than usual
        Share(0, 50): False,
        Share(0, 0): False,
    }
    assert {share: significantly_worse(share, USUAL) for share in cases} == cases
    assert not significantly_worse(Share(20, 50), Share(0, 0)), "no baseline, no judgement"
    assert significantly_worse(Share(20, 50), Share(0, 1000))
    assert not significantly_worse(Share(500, 500), Share(500, 500))
