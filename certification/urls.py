"""Addresses of the app."""

from django.urls import include, path
from django.urls.resolvers import URLPattern

from certification.views import firms, public, rounds, trials

ROUND = "workspace/rounds/<int:pk>/"

base: list[URLPattern] = [
    path("providers/", public.providers, name="providers"),
    path("providers/<str:uscc>/", public.provider, name="provider"),
    path("recommendations/", public.recommendations, name="recommendations"),
    path("recommendations/export.csv", public.export, name="recommendations_export"),
    path("rubrics/<str:code>/<str:version>/", public.rubric, name="rubric"),
    path("workspace/needs/", public.needs, name="needs"),
    path("workspace/scorecard/", firms.scorecard, name="scorecard"),
    path("workspace/rounds/", rounds.rounds, name="rounds"),
    path("workspace/rounds/plan/", rounds.round_plan, name="round_plan"),
    path(ROUND, rounds.round_detail, name="round"),
    path(f"{ROUND}step/<slug:step>/", rounds.round_step, name="round_step"),
    path(f"{ROUND}propose/", rounds.round_propose, name="round_propose"),
    path(f"{ROUND}trial/", trials.round_trial, name="round_trial"),
    path(f"{ROUND}cancel/", rounds.round_cancel, name="round_cancel"),
    path(f"{ROUND}scorecards/<int:card>/", rounds.round_scorecard, name="round_scorecard"),
    path("workspace/grades/<int:pk>/", rounds.grade, name="grade"),
    path("workspace/grades/<int:pk>/<slug:deed>/", rounds.grade_end, name="grade_end"),
]

urlpatterns = [path("", include((base, "certification")))]
