import django.db.models.deletion
import wagtail.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0001_initial"),
        ("wagtailcore", "0098_apitoken"),
    ]

    operations = [
        migrations.CreateModel(
            name="HelpPage",
            fields=[
                (
                    "page_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to=settings.WAGTAIL_PAGE_MODEL,
                    ),
                ),
                (
                    "title_en",
                    models.CharField(blank=True, max_length=255, verbose_name="title in English"),
                ),
                ("intro", models.TextField(blank=True, verbose_name="introduction")),
                ("intro_en", models.TextField(blank=True, verbose_name="introduction in English")),
                (
                    "body",
                    wagtail.fields.StreamField(
                        [
                            ("heading", 0),
                            ("paragraph", 1),
                            ("image", 5),
                            ("quote", 8),
                            ("callout", 11),
                            ("steps", 14),
                            ("faq", 18),
                            ("document", 19),
                        ],
                        blank=True,
                        block_lookup={
                            0: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "icon": "title",
                                    "label": "Heading",
                                    "template": "portal/blocks/heading.html",
                                },
                            ),
                            1: (
                                "wagtail.blocks.RichTextBlock",
                                (),
                                {
                                    "features": [
                                        "h3",
                                        "bold",
                                        "italic",
                                        "ol",
                                        "ul",
                                        "link",
                                        "document-link",
                                    ],
                                    "label": "Text",
                                    "template": "portal/blocks/paragraph.html",
                                },
                            ),
                            2: ("wagtail.images.blocks.ImageChooserBlock", (), {"label": "Image"}),
                            3: ("wagtail.blocks.CharBlock", (), {"label": "Alternative text"}),
                            4: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Caption", "required": False},
                            ),
                            5: (
                                "wagtail.blocks.StructBlock",
                                [[("image", 2), ("alternative", 3), ("caption", 4)]],
                                {
                                    "icon": "image",
                                    "label": "Image",
                                    "template": "portal/blocks/image.html",
                                },
                            ),
                            6: ("wagtail.blocks.TextBlock", (), {"label": "Quotation"}),
                            7: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Source", "required": False},
                            ),
                            8: (
                                "wagtail.blocks.StructBlock",
                                [[("text", 6), ("source", 7)]],
                                {
                                    "icon": "openquote",
                                    "label": "Quotation",
                                    "template": "portal/blocks/quote.html",
                                },
                            ),
                            9: ("wagtail.blocks.CharBlock", (), {"label": "Title"}),
                            10: ("wagtail.blocks.TextBlock", (), {"label": "Text"}),
                            11: (
                                "wagtail.blocks.StructBlock",
                                [[("title", 9), ("text", 10)]],
                                {
                                    "icon": "help",
                                    "label": "Callout",
                                    "template": "portal/blocks/callout.html",
                                },
                            ),
                            12: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {"label": "Text", "required": False},
                            ),
                            13: ("wagtail.blocks.StructBlock", [[("title", 9), ("text", 12)]], {}),
                            14: (
                                "wagtail.blocks.ListBlock",
                                (13,),
                                {
                                    "icon": "list-ol",
                                    "label": "Steps",
                                    "template": "portal/blocks/steps.html",
                                },
                            ),
                            15: ("wagtail.blocks.CharBlock", (), {"label": "Question"}),
                            16: ("wagtail.blocks.TextBlock", (), {"label": "Answer"}),
                            17: (
                                "wagtail.blocks.StructBlock",
                                [[("question", 15), ("answer", 16)]],
                                {},
                            ),
                            18: (
                                "wagtail.blocks.ListBlock",
                                (17,),
                                {
                                    "icon": "help",
                                    "label": "Questions and answers",
                                    "template": "portal/blocks/faq.html",
                                },
                            ),
                            19: (
                                "wagtail.documents.blocks.DocumentChooserBlock",
                                (),
                                {
                                    "icon": "doc-full",
                                    "label": "Document",
                                    "template": "portal/blocks/document.html",
                                },
                            ),
                        },
                        verbose_name="text",
                    ),
                ),
                (
                    "body_en",
                    wagtail.fields.StreamField(
                        [
                            ("heading", 0),
                            ("paragraph", 1),
                            ("image", 5),
                            ("quote", 8),
                            ("callout", 11),
                            ("steps", 14),
                            ("faq", 18),
                            ("document", 19),
                        ],
                        blank=True,
                        block_lookup={
                            0: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "icon": "title",
                                    "label": "Heading",
                                    "template": "portal/blocks/heading.html",
                                },
                            ),
                            1: (
                                "wagtail.blocks.RichTextBlock",
                                (),
                                {
                                    "features": [
                                        "h3",
                                        "bold",
                                        "italic",
                                        "ol",
                                        "ul",
                                        "link",
                                        "document-link",
                                    ],
                                    "label": "Text",
                                    "template": "portal/blocks/paragraph.html",
                                },
                            ),
                            2: ("wagtail.images.blocks.ImageChooserBlock", (), {"label": "Image"}),
                            3: ("wagtail.blocks.CharBlock", (), {"label": "Alternative text"}),
                            4: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Caption", "required": False},
                            ),
                            5: (
                                "wagtail.blocks.StructBlock",
                                [[("image", 2), ("alternative", 3), ("caption", 4)]],
                                {
                                    "icon": "image",
                                    "label": "Image",
                                    "template": "portal/blocks/image.html",
                                },
                            ),
                            6: ("wagtail.blocks.TextBlock", (), {"label": "Quotation"}),
                            7: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Source", "required": False},
                            ),
                            8: (
                                "wagtail.blocks.StructBlock",
                                [[("text", 6), ("source", 7)]],
                                {
                                    "icon": "openquote",
                                    "label": "Quotation",
                                    "template": "portal/blocks/quote.html",
                                },
                            ),
                            9: ("wagtail.blocks.CharBlock", (), {"label": "Title"}),
                            10: ("wagtail.blocks.TextBlock", (), {"label": "Text"}),
                            11: (
                                "wagtail.blocks.StructBlock",
                                [[("title", 9), ("text", 10)]],
                                {
                                    "icon": "help",
                                    "label": "Callout",
                                    "template": "portal/blocks/callout.html",
                                },
                            ),
                            12: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {"label": "Text", "required": False},
                            ),
                            13: ("wagtail.blocks.StructBlock", [[("title", 9), ("text", 12)]], {}),
                            14: (
                                "wagtail.blocks.ListBlock",
                                (13,),
                                {
                                    "icon": "list-ol",
                                    "label": "Steps",
                                    "template": "portal/blocks/steps.html",
                                },
                            ),
                            15: ("wagtail.blocks.CharBlock", (), {"label": "Question"}),
                            16: ("wagtail.blocks.TextBlock", (), {"label": "Answer"}),
                            17: (
                                "wagtail.blocks.StructBlock",
                                [[("question", 15), ("answer", 16)]],
                                {},
                            ),
                            18: (
                                "wagtail.blocks.ListBlock",
                                (17,),
                                {
                                    "icon": "help",
                                    "label": "Questions and answers",
                                    "template": "portal/blocks/faq.html",
                                },
                            ),
                            19: (
                                "wagtail.documents.blocks.DocumentChooserBlock",
                                (),
                                {
                                    "icon": "doc-full",
                                    "label": "Document",
                                    "template": "portal/blocks/document.html",
                                },
                            ),
                        },
                        verbose_name="text in English",
                    ),
                ),
            ],
            options={
                "verbose_name": "help",
            },
            bases=("wagtailcore.page",),
        ),
        migrations.CreateModel(
            name="HomePage",
            fields=[
                (
                    "page_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to=settings.WAGTAIL_PAGE_MODEL,
                    ),
                ),
                (
                    "title_en",
                    models.CharField(blank=True, max_length=255, verbose_name="title in English"),
                ),
                ("intro", models.TextField(blank=True, verbose_name="introduction")),
                ("intro_en", models.TextField(blank=True, verbose_name="introduction in English")),
                (
                    "body",
                    wagtail.fields.StreamField(
                        [
                            ("heading", 0),
                            ("paragraph", 1),
                            ("image", 5),
                            ("quote", 8),
                            ("callout", 11),
                            ("steps", 14),
                            ("faq", 18),
                            ("document", 19),
                        ],
                        blank=True,
                        block_lookup={
                            0: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "icon": "title",
                                    "label": "Heading",
                                    "template": "portal/blocks/heading.html",
                                },
                            ),
                            1: (
                                "wagtail.blocks.RichTextBlock",
                                (),
                                {
                                    "features": [
                                        "h3",
                                        "bold",
                                        "italic",
                                        "ol",
                                        "ul",
                                        "link",
                                        "document-link",
                                    ],
                                    "label": "Text",
                                    "template": "portal/blocks/paragraph.html",
                                },
                            ),
                            2: ("wagtail.images.blocks.ImageChooserBlock", (), {"label": "Image"}),
                            3: ("wagtail.blocks.CharBlock", (), {"label": "Alternative text"}),
                            4: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Caption", "required": False},
                            ),
                            5: (
                                "wagtail.blocks.StructBlock",
                                [[("image", 2), ("alternative", 3), ("caption", 4)]],
                                {
                                    "icon": "image",
                                    "label": "Image",
                                    "template": "portal/blocks/image.html",
                                },
                            ),
                            6: ("wagtail.blocks.TextBlock", (), {"label": "Quotation"}),
                            7: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Source", "required": False},
                            ),
                            8: (
                                "wagtail.blocks.StructBlock",
                                [[("text", 6), ("source", 7)]],
                                {
                                    "icon": "openquote",
                                    "label": "Quotation",
                                    "template": "portal/blocks/quote.html",
                                },
                            ),
                            9: ("wagtail.blocks.CharBlock", (), {"label": "Title"}),
                            10: ("wagtail.blocks.TextBlock", (), {"label": "Text"}),
                            11: (
                                "wagtail.blocks.StructBlock",
                                [[("title", 9), ("text", 10)]],
                                {
                                    "icon": "help",
                                    "label": "Callout",
                                    "template": "portal/blocks/callout.html",
                                },
                            ),
                            12: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {"label": "Text", "required": False},
                            ),
                            13: ("wagtail.blocks.StructBlock", [[("title", 9), ("text", 12)]], {}),
                            14: (
                                "wagtail.blocks.ListBlock",
                                (13,),
                                {
                                    "icon": "list-ol",
                                    "label": "Steps",
                                    "template": "portal/blocks/steps.html",
                                },
                            ),
                            15: ("wagtail.blocks.CharBlock", (), {"label": "Question"}),
                            16: ("wagtail.blocks.TextBlock", (), {"label": "Answer"}),
                            17: (
                                "wagtail.blocks.StructBlock",
                                [[("question", 15), ("answer", 16)]],
                                {},
                            ),
                            18: (
                                "wagtail.blocks.ListBlock",
                                (17,),
                                {
                                    "icon": "help",
                                    "label": "Questions and answers",
                                    "template": "portal/blocks/faq.html",
                                },
                            ),
                            19: (
                                "wagtail.documents.blocks.DocumentChooserBlock",
                                (),
                                {
                                    "icon": "doc-full",
                                    "label": "Document",
                                    "template": "portal/blocks/document.html",
                                },
                            ),
                        },
                        verbose_name="text",
                    ),
                ),
                (
                    "body_en",
                    wagtail.fields.StreamField(
                        [
                            ("heading", 0),
                            ("paragraph", 1),
                            ("image", 5),
                            ("quote", 8),
                            ("callout", 11),
                            ("steps", 14),
                            ("faq", 18),
                            ("document", 19),
                        ],
                        blank=True,
                        block_lookup={
                            0: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "icon": "title",
                                    "label": "Heading",
                                    "template": "portal/blocks/heading.html",
                                },
                            ),
                            1: (
                                "wagtail.blocks.RichTextBlock",
                                (),
                                {
                                    "features": [
                                        "h3",
                                        "bold",
                                        "italic",
                                        "ol",
                                        "ul",
                                        "link",
                                        "document-link",
                                    ],
                                    "label": "Text",
                                    "template": "portal/blocks/paragraph.html",
                                },
                            ),
                            2: ("wagtail.images.blocks.ImageChooserBlock", (), {"label": "Image"}),
                            3: ("wagtail.blocks.CharBlock", (), {"label": "Alternative text"}),
                            4: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Caption", "required": False},
                            ),
                            5: (
                                "wagtail.blocks.StructBlock",
                                [[("image", 2), ("alternative", 3), ("caption", 4)]],
                                {
                                    "icon": "image",
                                    "label": "Image",
                                    "template": "portal/blocks/image.html",
                                },
                            ),
                            6: ("wagtail.blocks.TextBlock", (), {"label": "Quotation"}),
                            7: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Source", "required": False},
                            ),
                            8: (
                                "wagtail.blocks.StructBlock",
                                [[("text", 6), ("source", 7)]],
                                {
                                    "icon": "openquote",
                                    "label": "Quotation",
                                    "template": "portal/blocks/quote.html",
                                },
                            ),
                            9: ("wagtail.blocks.CharBlock", (), {"label": "Title"}),
                            10: ("wagtail.blocks.TextBlock", (), {"label": "Text"}),
                            11: (
                                "wagtail.blocks.StructBlock",
                                [[("title", 9), ("text", 10)]],
                                {
                                    "icon": "help",
                                    "label": "Callout",
                                    "template": "portal/blocks/callout.html",
                                },
                            ),
                            12: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {"label": "Text", "required": False},
                            ),
                            13: ("wagtail.blocks.StructBlock", [[("title", 9), ("text", 12)]], {}),
                            14: (
                                "wagtail.blocks.ListBlock",
                                (13,),
                                {
                                    "icon": "list-ol",
                                    "label": "Steps",
                                    "template": "portal/blocks/steps.html",
                                },
                            ),
                            15: ("wagtail.blocks.CharBlock", (), {"label": "Question"}),
                            16: ("wagtail.blocks.TextBlock", (), {"label": "Answer"}),
                            17: (
                                "wagtail.blocks.StructBlock",
                                [[("question", 15), ("answer", 16)]],
                                {},
                            ),
                            18: (
                                "wagtail.blocks.ListBlock",
                                (17,),
                                {
                                    "icon": "help",
                                    "label": "Questions and answers",
                                    "template": "portal/blocks/faq.html",
                                },
                            ),
                            19: (
                                "wagtail.documents.blocks.DocumentChooserBlock",
                                (),
                                {
                                    "icon": "doc-full",
                                    "label": "Document",
                                    "template": "portal/blocks/document.html",
                                },
                            ),
                        },
                        verbose_name="text in English",
                    ),
                ),
            ],
            options={
                "verbose_name": "home page",
            },
            bases=("wagtailcore.page",),
        ),
        migrations.CreateModel(
            name="NewsIndexPage",
            fields=[
                (
                    "page_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to=settings.WAGTAIL_PAGE_MODEL,
                    ),
                ),
                (
                    "title_en",
                    models.CharField(blank=True, max_length=255, verbose_name="title in English"),
                ),
                ("intro", models.TextField(blank=True, verbose_name="introduction")),
                ("intro_en", models.TextField(blank=True, verbose_name="introduction in English")),
                (
                    "body",
                    wagtail.fields.StreamField(
                        [
                            ("heading", 0),
                            ("paragraph", 1),
                            ("image", 5),
                            ("quote", 8),
                            ("callout", 11),
                            ("steps", 14),
                            ("faq", 18),
                            ("document", 19),
                        ],
                        blank=True,
                        block_lookup={
                            0: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "icon": "title",
                                    "label": "Heading",
                                    "template": "portal/blocks/heading.html",
                                },
                            ),
                            1: (
                                "wagtail.blocks.RichTextBlock",
                                (),
                                {
                                    "features": [
                                        "h3",
                                        "bold",
                                        "italic",
                                        "ol",
                                        "ul",
                                        "link",
                                        "document-link",
                                    ],
                                    "label": "Text",
                                    "template": "portal/blocks/paragraph.html",
                                },
                            ),
                            2: ("wagtail.images.blocks.ImageChooserBlock", (), {"label": "Image"}),
                            3: ("wagtail.blocks.CharBlock", (), {"label": "Alternative text"}),
                            4: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Caption", "required": False},
                            ),
                            5: (
                                "wagtail.blocks.StructBlock",
                                [[("image", 2), ("alternative", 3), ("caption", 4)]],
                                {
                                    "icon": "image",
                                    "label": "Image",
                                    "template": "portal/blocks/image.html",
                                },
                            ),
                            6: ("wagtail.blocks.TextBlock", (), {"label": "Quotation"}),
                            7: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Source", "required": False},
                            ),
                            8: (
                                "wagtail.blocks.StructBlock",
                                [[("text", 6), ("source", 7)]],
                                {
                                    "icon": "openquote",
                                    "label": "Quotation",
                                    "template": "portal/blocks/quote.html",
                                },
                            ),
                            9: ("wagtail.blocks.CharBlock", (), {"label": "Title"}),
                            10: ("wagtail.blocks.TextBlock", (), {"label": "Text"}),
                            11: (
                                "wagtail.blocks.StructBlock",
                                [[("title", 9), ("text", 10)]],
                                {
                                    "icon": "help",
                                    "label": "Callout",
                                    "template": "portal/blocks/callout.html",
                                },
                            ),
                            12: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {"label": "Text", "required": False},
                            ),
                            13: ("wagtail.blocks.StructBlock", [[("title", 9), ("text", 12)]], {}),
                            14: (
                                "wagtail.blocks.ListBlock",
                                (13,),
                                {
                                    "icon": "list-ol",
                                    "label": "Steps",
                                    "template": "portal/blocks/steps.html",
                                },
                            ),
                            15: ("wagtail.blocks.CharBlock", (), {"label": "Question"}),
                            16: ("wagtail.blocks.TextBlock", (), {"label": "Answer"}),
                            17: (
                                "wagtail.blocks.StructBlock",
                                [[("question", 15), ("answer", 16)]],
                                {},
                            ),
                            18: (
                                "wagtail.blocks.ListBlock",
                                (17,),
                                {
                                    "icon": "help",
                                    "label": "Questions and answers",
                                    "template": "portal/blocks/faq.html",
                                },
                            ),
                            19: (
                                "wagtail.documents.blocks.DocumentChooserBlock",
                                (),
                                {
                                    "icon": "doc-full",
                                    "label": "Document",
                                    "template": "portal/blocks/document.html",
                                },
                            ),
                        },
                        verbose_name="text",
                    ),
                ),
                (
                    "body_en",
                    wagtail.fields.StreamField(
                        [
                            ("heading", 0),
                            ("paragraph", 1),
                            ("image", 5),
                            ("quote", 8),
                            ("callout", 11),
                            ("steps", 14),
                            ("faq", 18),
                            ("document", 19),
                        ],
                        blank=True,
                        block_lookup={
                            0: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "icon": "title",
                                    "label": "Heading",
                                    "template": "portal/blocks/heading.html",
                                },
                            ),
                            1: (
                                "wagtail.blocks.RichTextBlock",
                                (),
                                {
                                    "features": [
                                        "h3",
                                        "bold",
                                        "italic",
                                        "ol",
                                        "ul",
                                        "link",
                                        "document-link",
                                    ],
                                    "label": "Text",
                                    "template": "portal/blocks/paragraph.html",
                                },
                            ),
                            2: ("wagtail.images.blocks.ImageChooserBlock", (), {"label": "Image"}),
                            3: ("wagtail.blocks.CharBlock", (), {"label": "Alternative text"}),
                            4: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Caption", "required": False},
                            ),
                            5: (
                                "wagtail.blocks.StructBlock",
                                [[("image", 2), ("alternative", 3), ("caption", 4)]],
                                {
                                    "icon": "image",
                                    "label": "Image",
                                    "template": "portal/blocks/image.html",
                                },
                            ),
                            6: ("wagtail.blocks.TextBlock", (), {"label": "Quotation"}),
                            7: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Source", "required": False},
                            ),
                            8: (
                                "wagtail.blocks.StructBlock",
                                [[("text", 6), ("source", 7)]],
                                {
                                    "icon": "openquote",
                                    "label": "Quotation",
                                    "template": "portal/blocks/quote.html",
                                },
                            ),
                            9: ("wagtail.blocks.CharBlock", (), {"label": "Title"}),
                            10: ("wagtail.blocks.TextBlock", (), {"label": "Text"}),
                            11: (
                                "wagtail.blocks.StructBlock",
                                [[("title", 9), ("text", 10)]],
                                {
                                    "icon": "help",
                                    "label": "Callout",
                                    "template": "portal/blocks/callout.html",
                                },
                            ),
                            12: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {"label": "Text", "required": False},
                            ),
                            13: ("wagtail.blocks.StructBlock", [[("title", 9), ("text", 12)]], {}),
                            14: (
                                "wagtail.blocks.ListBlock",
                                (13,),
                                {
                                    "icon": "list-ol",
                                    "label": "Steps",
                                    "template": "portal/blocks/steps.html",
                                },
                            ),
                            15: ("wagtail.blocks.CharBlock", (), {"label": "Question"}),
                            16: ("wagtail.blocks.TextBlock", (), {"label": "Answer"}),
                            17: (
                                "wagtail.blocks.StructBlock",
                                [[("question", 15), ("answer", 16)]],
                                {},
                            ),
                            18: (
                                "wagtail.blocks.ListBlock",
                                (17,),
                                {
                                    "icon": "help",
                                    "label": "Questions and answers",
                                    "template": "portal/blocks/faq.html",
                                },
                            ),
                            19: (
                                "wagtail.documents.blocks.DocumentChooserBlock",
                                (),
                                {
                                    "icon": "doc-full",
                                    "label": "Document",
                                    "template": "portal/blocks/document.html",
                                },
                            ),
                        },
                        verbose_name="text in English",
                    ),
                ),
            ],
            options={
                "verbose_name": "news list",
            },
            bases=("wagtailcore.page",),
        ),
        migrations.CreateModel(
            name="NewsPage",
            fields=[
                (
                    "page_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to=settings.WAGTAIL_PAGE_MODEL,
                    ),
                ),
                (
                    "title_en",
                    models.CharField(blank=True, max_length=255, verbose_name="title in English"),
                ),
                ("intro", models.TextField(blank=True, verbose_name="introduction")),
                ("intro_en", models.TextField(blank=True, verbose_name="introduction in English")),
                (
                    "body",
                    wagtail.fields.StreamField(
                        [
                            ("heading", 0),
                            ("paragraph", 1),
                            ("image", 5),
                            ("quote", 8),
                            ("callout", 11),
                            ("steps", 14),
                            ("faq", 18),
                            ("document", 19),
                        ],
                        blank=True,
                        block_lookup={
                            0: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "icon": "title",
                                    "label": "Heading",
                                    "template": "portal/blocks/heading.html",
                                },
                            ),
                            1: (
                                "wagtail.blocks.RichTextBlock",
                                (),
                                {
                                    "features": [
                                        "h3",
                                        "bold",
                                        "italic",
                                        "ol",
                                        "ul",
                                        "link",
                                        "document-link",
                                    ],
                                    "label": "Text",
                                    "template": "portal/blocks/paragraph.html",
                                },
                            ),
                            2: ("wagtail.images.blocks.ImageChooserBlock", (), {"label": "Image"}),
                            3: ("wagtail.blocks.CharBlock", (), {"label": "Alternative text"}),
                            4: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Caption", "required": False},
                            ),
                            5: (
                                "wagtail.blocks.StructBlock",
                                [[("image", 2), ("alternative", 3), ("caption", 4)]],
                                {
                                    "icon": "image",
                                    "label": "Image",
                                    "template": "portal/blocks/image.html",
                                },
                            ),
                            6: ("wagtail.blocks.TextBlock", (), {"label": "Quotation"}),
                            7: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Source", "required": False},
                            ),
                            8: (
                                "wagtail.blocks.StructBlock",
                                [[("text", 6), ("source", 7)]],
                                {
                                    "icon": "openquote",
                                    "label": "Quotation",
                                    "template": "portal/blocks/quote.html",
                                },
                            ),
                            9: ("wagtail.blocks.CharBlock", (), {"label": "Title"}),
                            10: ("wagtail.blocks.TextBlock", (), {"label": "Text"}),
                            11: (
                                "wagtail.blocks.StructBlock",
                                [[("title", 9), ("text", 10)]],
                                {
                                    "icon": "help",
                                    "label": "Callout",
                                    "template": "portal/blocks/callout.html",
                                },
                            ),
                            12: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {"label": "Text", "required": False},
                            ),
                            13: ("wagtail.blocks.StructBlock", [[("title", 9), ("text", 12)]], {}),
                            14: (
                                "wagtail.blocks.ListBlock",
                                (13,),
                                {
                                    "icon": "list-ol",
                                    "label": "Steps",
                                    "template": "portal/blocks/steps.html",
                                },
                            ),
                            15: ("wagtail.blocks.CharBlock", (), {"label": "Question"}),
                            16: ("wagtail.blocks.TextBlock", (), {"label": "Answer"}),
                            17: (
                                "wagtail.blocks.StructBlock",
                                [[("question", 15), ("answer", 16)]],
                                {},
                            ),
                            18: (
                                "wagtail.blocks.ListBlock",
                                (17,),
                                {
                                    "icon": "help",
                                    "label": "Questions and answers",
                                    "template": "portal/blocks/faq.html",
                                },
                            ),
                            19: (
                                "wagtail.documents.blocks.DocumentChooserBlock",
                                (),
                                {
                                    "icon": "doc-full",
                                    "label": "Document",
                                    "template": "portal/blocks/document.html",
                                },
                            ),
                        },
                        verbose_name="text",
                    ),
                ),
                (
                    "body_en",
                    wagtail.fields.StreamField(
                        [
                            ("heading", 0),
                            ("paragraph", 1),
                            ("image", 5),
                            ("quote", 8),
                            ("callout", 11),
                            ("steps", 14),
                            ("faq", 18),
                            ("document", 19),
                        ],
                        blank=True,
                        block_lookup={
                            0: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "icon": "title",
                                    "label": "Heading",
                                    "template": "portal/blocks/heading.html",
                                },
                            ),
                            1: (
                                "wagtail.blocks.RichTextBlock",
                                (),
                                {
                                    "features": [
                                        "h3",
                                        "bold",
                                        "italic",
                                        "ol",
                                        "ul",
                                        "link",
                                        "document-link",
                                    ],
                                    "label": "Text",
                                    "template": "portal/blocks/paragraph.html",
                                },
                            ),
                            2: ("wagtail.images.blocks.ImageChooserBlock", (), {"label": "Image"}),
                            3: ("wagtail.blocks.CharBlock", (), {"label": "Alternative text"}),
                            4: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Caption", "required": False},
                            ),
                            5: (
                                "wagtail.blocks.StructBlock",
                                [[("image", 2), ("alternative", 3), ("caption", 4)]],
                                {
                                    "icon": "image",
                                    "label": "Image",
                                    "template": "portal/blocks/image.html",
                                },
                            ),
                            6: ("wagtail.blocks.TextBlock", (), {"label": "Quotation"}),
                            7: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Source", "required": False},
                            ),
                            8: (
                                "wagtail.blocks.StructBlock",
                                [[("text", 6), ("source", 7)]],
                                {
                                    "icon": "openquote",
                                    "label": "Quotation",
                                    "template": "portal/blocks/quote.html",
                                },
                            ),
                            9: ("wagtail.blocks.CharBlock", (), {"label": "Title"}),
                            10: ("wagtail.blocks.TextBlock", (), {"label": "Text"}),
                            11: (
                                "wagtail.blocks.StructBlock",
                                [[("title", 9), ("text", 10)]],
                                {
                                    "icon": "help",
                                    "label": "Callout",
                                    "template": "portal/blocks/callout.html",
                                },
                            ),
                            12: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {"label": "Text", "required": False},
                            ),
                            13: ("wagtail.blocks.StructBlock", [[("title", 9), ("text", 12)]], {}),
                            14: (
                                "wagtail.blocks.ListBlock",
                                (13,),
                                {
                                    "icon": "list-ol",
                                    "label": "Steps",
                                    "template": "portal/blocks/steps.html",
                                },
                            ),
                            15: ("wagtail.blocks.CharBlock", (), {"label": "Question"}),
                            16: ("wagtail.blocks.TextBlock", (), {"label": "Answer"}),
                            17: (
                                "wagtail.blocks.StructBlock",
                                [[("question", 15), ("answer", 16)]],
                                {},
                            ),
                            18: (
                                "wagtail.blocks.ListBlock",
                                (17,),
                                {
                                    "icon": "help",
                                    "label": "Questions and answers",
                                    "template": "portal/blocks/faq.html",
                                },
                            ),
                            19: (
                                "wagtail.documents.blocks.DocumentChooserBlock",
                                (),
                                {
                                    "icon": "doc-full",
                                    "label": "Document",
                                    "template": "portal/blocks/document.html",
                                },
                            ),
                        },
                        verbose_name="text in English",
                    ),
                ),
                ("date", models.DateField(verbose_name="date")),
            ],
            options={
                "verbose_name": "news",
            },
            bases=("wagtailcore.page",),
        ),
        migrations.CreateModel(
            name="PolicyPage",
            fields=[
                (
                    "page_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to=settings.WAGTAIL_PAGE_MODEL,
                    ),
                ),
                (
                    "title_en",
                    models.CharField(blank=True, max_length=255, verbose_name="title in English"),
                ),
                ("intro", models.TextField(blank=True, verbose_name="introduction")),
                ("intro_en", models.TextField(blank=True, verbose_name="introduction in English")),
                (
                    "body",
                    wagtail.fields.StreamField(
                        [
                            ("heading", 0),
                            ("paragraph", 1),
                            ("image", 5),
                            ("quote", 8),
                            ("callout", 11),
                            ("steps", 14),
                            ("faq", 18),
                            ("document", 19),
                        ],
                        blank=True,
                        block_lookup={
                            0: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "icon": "title",
                                    "label": "Heading",
                                    "template": "portal/blocks/heading.html",
                                },
                            ),
                            1: (
                                "wagtail.blocks.RichTextBlock",
                                (),
                                {
                                    "features": [
                                        "h3",
                                        "bold",
                                        "italic",
                                        "ol",
                                        "ul",
                                        "link",
                                        "document-link",
                                    ],
                                    "label": "Text",
                                    "template": "portal/blocks/paragraph.html",
                                },
                            ),
                            2: ("wagtail.images.blocks.ImageChooserBlock", (), {"label": "Image"}),
                            3: ("wagtail.blocks.CharBlock", (), {"label": "Alternative text"}),
                            4: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Caption", "required": False},
                            ),
                            5: (
                                "wagtail.blocks.StructBlock",
                                [[("image", 2), ("alternative", 3), ("caption", 4)]],
                                {
                                    "icon": "image",
                                    "label": "Image",
                                    "template": "portal/blocks/image.html",
                                },
                            ),
                            6: ("wagtail.blocks.TextBlock", (), {"label": "Quotation"}),
                            7: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Source", "required": False},
                            ),
                            8: (
                                "wagtail.blocks.StructBlock",
                                [[("text", 6), ("source", 7)]],
                                {
                                    "icon": "openquote",
                                    "label": "Quotation",
                                    "template": "portal/blocks/quote.html",
                                },
                            ),
                            9: ("wagtail.blocks.CharBlock", (), {"label": "Title"}),
                            10: ("wagtail.blocks.TextBlock", (), {"label": "Text"}),
                            11: (
                                "wagtail.blocks.StructBlock",
                                [[("title", 9), ("text", 10)]],
                                {
                                    "icon": "help",
                                    "label": "Callout",
                                    "template": "portal/blocks/callout.html",
                                },
                            ),
                            12: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {"label": "Text", "required": False},
                            ),
                            13: ("wagtail.blocks.StructBlock", [[("title", 9), ("text", 12)]], {}),
                            14: (
                                "wagtail.blocks.ListBlock",
                                (13,),
                                {
                                    "icon": "list-ol",
                                    "label": "Steps",
                                    "template": "portal/blocks/steps.html",
                                },
                            ),
                            15: ("wagtail.blocks.CharBlock", (), {"label": "Question"}),
                            16: ("wagtail.blocks.TextBlock", (), {"label": "Answer"}),
                            17: (
                                "wagtail.blocks.StructBlock",
                                [[("question", 15), ("answer", 16)]],
                                {},
                            ),
                            18: (
                                "wagtail.blocks.ListBlock",
                                (17,),
                                {
                                    "icon": "help",
                                    "label": "Questions and answers",
                                    "template": "portal/blocks/faq.html",
                                },
                            ),
                            19: (
                                "wagtail.documents.blocks.DocumentChooserBlock",
                                (),
                                {
                                    "icon": "doc-full",
                                    "label": "Document",
                                    "template": "portal/blocks/document.html",
                                },
                            ),
                        },
                        verbose_name="text",
                    ),
                ),
                (
                    "body_en",
                    wagtail.fields.StreamField(
                        [
                            ("heading", 0),
                            ("paragraph", 1),
                            ("image", 5),
                            ("quote", 8),
                            ("callout", 11),
                            ("steps", 14),
                            ("faq", 18),
                            ("document", 19),
                        ],
                        blank=True,
                        block_lookup={
                            0: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "icon": "title",
                                    "label": "Heading",
                                    "template": "portal/blocks/heading.html",
                                },
                            ),
                            1: (
                                "wagtail.blocks.RichTextBlock",
                                (),
                                {
                                    "features": [
                                        "h3",
                                        "bold",
                                        "italic",
                                        "ol",
                                        "ul",
                                        "link",
                                        "document-link",
                                    ],
                                    "label": "Text",
                                    "template": "portal/blocks/paragraph.html",
                                },
                            ),
                            2: ("wagtail.images.blocks.ImageChooserBlock", (), {"label": "Image"}),
                            3: ("wagtail.blocks.CharBlock", (), {"label": "Alternative text"}),
                            4: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Caption", "required": False},
                            ),
                            5: (
                                "wagtail.blocks.StructBlock",
                                [[("image", 2), ("alternative", 3), ("caption", 4)]],
                                {
                                    "icon": "image",
                                    "label": "Image",
                                    "template": "portal/blocks/image.html",
                                },
                            ),
                            6: ("wagtail.blocks.TextBlock", (), {"label": "Quotation"}),
                            7: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Source", "required": False},
                            ),
                            8: (
                                "wagtail.blocks.StructBlock",
                                [[("text", 6), ("source", 7)]],
                                {
                                    "icon": "openquote",
                                    "label": "Quotation",
                                    "template": "portal/blocks/quote.html",
                                },
                            ),
                            9: ("wagtail.blocks.CharBlock", (), {"label": "Title"}),
                            10: ("wagtail.blocks.TextBlock", (), {"label": "Text"}),
                            11: (
                                "wagtail.blocks.StructBlock",
                                [[("title", 9), ("text", 10)]],
                                {
                                    "icon": "help",
                                    "label": "Callout",
                                    "template": "portal/blocks/callout.html",
                                },
                            ),
                            12: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {"label": "Text", "required": False},
                            ),
                            13: ("wagtail.blocks.StructBlock", [[("title", 9), ("text", 12)]], {}),
                            14: (
                                "wagtail.blocks.ListBlock",
                                (13,),
                                {
                                    "icon": "list-ol",
                                    "label": "Steps",
                                    "template": "portal/blocks/steps.html",
                                },
                            ),
                            15: ("wagtail.blocks.CharBlock", (), {"label": "Question"}),
                            16: ("wagtail.blocks.TextBlock", (), {"label": "Answer"}),
                            17: (
                                "wagtail.blocks.StructBlock",
                                [[("question", 15), ("answer", 16)]],
                                {},
                            ),
                            18: (
                                "wagtail.blocks.ListBlock",
                                (17,),
                                {
                                    "icon": "help",
                                    "label": "Questions and answers",
                                    "template": "portal/blocks/faq.html",
                                },
                            ),
                            19: (
                                "wagtail.documents.blocks.DocumentChooserBlock",
                                (),
                                {
                                    "icon": "doc-full",
                                    "label": "Document",
                                    "template": "portal/blocks/document.html",
                                },
                            ),
                        },
                        verbose_name="text in English",
                    ),
                ),
                ("issuer", models.CharField(blank=True, max_length=120, verbose_name="issued by")),
                (
                    "document_number",
                    models.CharField(blank=True, max_length=80, verbose_name="document number"),
                ),
                (
                    "effective_on",
                    models.DateField(blank=True, null=True, verbose_name="in force from"),
                ),
            ],
            options={
                "verbose_name": "policy",
            },
            bases=("wagtailcore.page",),
        ),
        migrations.CreateModel(
            name="StandardPage",
            fields=[
                (
                    "page_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to=settings.WAGTAIL_PAGE_MODEL,
                    ),
                ),
                (
                    "title_en",
                    models.CharField(blank=True, max_length=255, verbose_name="title in English"),
                ),
                ("intro", models.TextField(blank=True, verbose_name="introduction")),
                ("intro_en", models.TextField(blank=True, verbose_name="introduction in English")),
                (
                    "body",
                    wagtail.fields.StreamField(
                        [
                            ("heading", 0),
                            ("paragraph", 1),
                            ("image", 5),
                            ("quote", 8),
                            ("callout", 11),
                            ("steps", 14),
                            ("faq", 18),
                            ("document", 19),
                        ],
                        blank=True,
                        block_lookup={
                            0: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "icon": "title",
                                    "label": "Heading",
                                    "template": "portal/blocks/heading.html",
                                },
                            ),
                            1: (
                                "wagtail.blocks.RichTextBlock",
                                (),
                                {
                                    "features": [
                                        "h3",
                                        "bold",
                                        "italic",
                                        "ol",
                                        "ul",
                                        "link",
                                        "document-link",
                                    ],
                                    "label": "Text",
                                    "template": "portal/blocks/paragraph.html",
                                },
                            ),
                            2: ("wagtail.images.blocks.ImageChooserBlock", (), {"label": "Image"}),
                            3: ("wagtail.blocks.CharBlock", (), {"label": "Alternative text"}),
                            4: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Caption", "required": False},
                            ),
                            5: (
                                "wagtail.blocks.StructBlock",
                                [[("image", 2), ("alternative", 3), ("caption", 4)]],
                                {
                                    "icon": "image",
                                    "label": "Image",
                                    "template": "portal/blocks/image.html",
                                },
                            ),
                            6: ("wagtail.blocks.TextBlock", (), {"label": "Quotation"}),
                            7: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Source", "required": False},
                            ),
                            8: (
                                "wagtail.blocks.StructBlock",
                                [[("text", 6), ("source", 7)]],
                                {
                                    "icon": "openquote",
                                    "label": "Quotation",
                                    "template": "portal/blocks/quote.html",
                                },
                            ),
                            9: ("wagtail.blocks.CharBlock", (), {"label": "Title"}),
                            10: ("wagtail.blocks.TextBlock", (), {"label": "Text"}),
                            11: (
                                "wagtail.blocks.StructBlock",
                                [[("title", 9), ("text", 10)]],
                                {
                                    "icon": "help",
                                    "label": "Callout",
                                    "template": "portal/blocks/callout.html",
                                },
                            ),
                            12: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {"label": "Text", "required": False},
                            ),
                            13: ("wagtail.blocks.StructBlock", [[("title", 9), ("text", 12)]], {}),
                            14: (
                                "wagtail.blocks.ListBlock",
                                (13,),
                                {
                                    "icon": "list-ol",
                                    "label": "Steps",
                                    "template": "portal/blocks/steps.html",
                                },
                            ),
                            15: ("wagtail.blocks.CharBlock", (), {"label": "Question"}),
                            16: ("wagtail.blocks.TextBlock", (), {"label": "Answer"}),
                            17: (
                                "wagtail.blocks.StructBlock",
                                [[("question", 15), ("answer", 16)]],
                                {},
                            ),
                            18: (
                                "wagtail.blocks.ListBlock",
                                (17,),
                                {
                                    "icon": "help",
                                    "label": "Questions and answers",
                                    "template": "portal/blocks/faq.html",
                                },
                            ),
                            19: (
                                "wagtail.documents.blocks.DocumentChooserBlock",
                                (),
                                {
                                    "icon": "doc-full",
                                    "label": "Document",
                                    "template": "portal/blocks/document.html",
                                },
                            ),
                        },
                        verbose_name="text",
                    ),
                ),
                (
                    "body_en",
                    wagtail.fields.StreamField(
                        [
                            ("heading", 0),
                            ("paragraph", 1),
                            ("image", 5),
                            ("quote", 8),
                            ("callout", 11),
                            ("steps", 14),
                            ("faq", 18),
                            ("document", 19),
                        ],
                        blank=True,
                        block_lookup={
                            0: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "icon": "title",
                                    "label": "Heading",
                                    "template": "portal/blocks/heading.html",
                                },
                            ),
                            1: (
                                "wagtail.blocks.RichTextBlock",
                                (),
                                {
                                    "features": [
                                        "h3",
                                        "bold",
                                        "italic",
                                        "ol",
                                        "ul",
                                        "link",
                                        "document-link",
                                    ],
                                    "label": "Text",
                                    "template": "portal/blocks/paragraph.html",
                                },
                            ),
                            2: ("wagtail.images.blocks.ImageChooserBlock", (), {"label": "Image"}),
                            3: ("wagtail.blocks.CharBlock", (), {"label": "Alternative text"}),
                            4: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Caption", "required": False},
                            ),
                            5: (
                                "wagtail.blocks.StructBlock",
                                [[("image", 2), ("alternative", 3), ("caption", 4)]],
                                {
                                    "icon": "image",
                                    "label": "Image",
                                    "template": "portal/blocks/image.html",
                                },
                            ),
                            6: ("wagtail.blocks.TextBlock", (), {"label": "Quotation"}),
                            7: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Source", "required": False},
                            ),
                            8: (
                                "wagtail.blocks.StructBlock",
                                [[("text", 6), ("source", 7)]],
                                {
                                    "icon": "openquote",
                                    "label": "Quotation",
                                    "template": "portal/blocks/quote.html",
                                },
                            ),
                            9: ("wagtail.blocks.CharBlock", (), {"label": "Title"}),
                            10: ("wagtail.blocks.TextBlock", (), {"label": "Text"}),
                            11: (
                                "wagtail.blocks.StructBlock",
                                [[("title", 9), ("text", 10)]],
                                {
                                    "icon": "help",
                                    "label": "Callout",
                                    "template": "portal/blocks/callout.html",
                                },
                            ),
                            12: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {"label": "Text", "required": False},
                            ),
                            13: ("wagtail.blocks.StructBlock", [[("title", 9), ("text", 12)]], {}),
                            14: (
                                "wagtail.blocks.ListBlock",
                                (13,),
                                {
                                    "icon": "list-ol",
                                    "label": "Steps",
                                    "template": "portal/blocks/steps.html",
                                },
                            ),
                            15: ("wagtail.blocks.CharBlock", (), {"label": "Question"}),
                            16: ("wagtail.blocks.TextBlock", (), {"label": "Answer"}),
                            17: (
                                "wagtail.blocks.StructBlock",
                                [[("question", 15), ("answer", 16)]],
                                {},
                            ),
                            18: (
                                "wagtail.blocks.ListBlock",
                                (17,),
                                {
                                    "icon": "help",
                                    "label": "Questions and answers",
                                    "template": "portal/blocks/faq.html",
                                },
                            ),
                            19: (
                                "wagtail.documents.blocks.DocumentChooserBlock",
                                (),
                                {
                                    "icon": "doc-full",
                                    "label": "Document",
                                    "template": "portal/blocks/document.html",
                                },
                            ),
                        },
                        verbose_name="text in English",
                    ),
                ),
            ],
            options={
                "verbose_name": "page",
            },
            bases=("wagtailcore.page",),
        ),
    ]
