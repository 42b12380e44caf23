"""Addresses of the app."""

from django.urls import include, path
from django.urls.resolvers import URLPattern

from village_pilot.views import deliverables, measures, pilots, processes, village

base: list[URLPattern] = [
    path("processes/", processes.process_list, name="processes"),
    path("processes/<str:code>/", processes.process_detail, name="process"),
    path("workspace/pilots/", pilots.pilot_list, name="pilots"),
    path("workspace/pilots/propose/", pilots.pilot_propose, name="propose"),
    path("workspace/pilots/<str:number>/", pilots.pilot_detail, name="pilot"),
    path("workspace/pilots/<str:number>/do/<str:action>/", pilots.pilot_move, name="pilot_move"),
    path(
        "workspace/pilots/<str:number>/reason/<str:action>/",
        pilots.pilot_reason,
        name="pilot_reason",
    ),
    path("workspace/pilots/<str:number>/measures/", measures.measures, name="measures"),
    path("workspace/pilots/<str:number>/milestones/", pilots.milestone_add, name="milestone_add"),
    path(
        "workspace/pilots/<str:number>/deliverables/",
        deliverables.deliverable_add,
        name="deliverable_add",
    ),
    path("workspace/milestones/<int:pk>/move/", pilots.milestone_move, name="milestone_move"),
    path(
        "workspace/milestones/<int:pk>/judge/<str:action>/",
        pilots.milestone_judge,
        name="milestone_judge",
    ),
    path("workspace/deliverables/<int:pk>/", deliverables.deliverable_detail, name="deliverable"),
    path(
        "workspace/deliverables/<int:pk>/files/",
        deliverables.deliverable_upload,
        name="deliverable_upload",
    ),
    path(
        "workspace/deliverables/<int:pk>/files/<uuid:file>/remove/",
        deliverables.deliverable_file_remove,
        name="deliverable_file_remove",
    ),
    path(
        "workspace/deliverables/<int:pk>/modules/",
        deliverables.deliverable_modules,
        name="deliverable_modules",
    ),
    path(
        "workspace/deliverables/<int:pk>/hand-in/",
        deliverables.deliverable_submit,
        name="deliverable_submit",
    ),
    path(
        "workspace/deliverables/<int:pk>/next/",
        deliverables.deliverable_next,
        name="deliverable_next",
    ),
    path(
        "workspace/deliverables/<int:pk>/assign/",
        deliverables.deliverable_assign,
        name="deliverable_assign",
    ),
    path(
        "workspace/deliverables/<int:pk>/dispute/",
        deliverables.deliverable_dispute,
        name="deliverable_dispute",
    ),
    path(
        "workspace/deliverables/<int:pk>/resolve/",
        deliverables.deliverable_resolve,
        name="deliverable_resolve",
    ),
    path("workspace/technical-reviews/", deliverables.review_list, name="reviews"),
    path("workspace/technical-reviews/<int:pk>/", deliverables.review, name="review"),
    path("workspace/village/", village.village_home, name="village"),
    path("workspace/village/pilots/<str:number>/", village.village_pilot, name="village_pilot"),
    path("workspace/village/accept/<int:pk>/", village.accept, name="accept"),
    path("workspace/acceptance-codes/", village.codes, name="codes"),
]

urlpatterns = [path("", include((base, "village_pilot")))]
