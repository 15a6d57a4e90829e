import re

from betatel_exporter.web.pictures import HEIGHT, WIDTH, line


def polylines(*series: tuple[float, float | None]) -> list[str]:
    return re.findall('points="([^"]*)"', line(series, 0, 100, top=10, css="", label="requests"))


def test_values_are_drawn_to_scale_and_gaps_stay_gaps() -> None:
    assert polylines((0, 0), (50, 10), (60, None), (80, 5), (100, 20)) == [
        f"0.0,{HEIGHT:.1f} {WIDTH / 2:.1f},0.0",
        f"{WIDTH * 0.8:.1f},{HEIGHT / 2:.1f} {WIDTH:.1f},0.0",
    ]


def test_a_single_point_is_visible_and_nothing_is_no_line() -> None:
    assert polylines((50, 10)) == ["79.0,0.0 81.0,0.0"]
    assert polylines((50, None)) == []
