"""FIND_ENTITIES: departments, doctors and services by code, name and pinyin."""

from case import Case
from hospital import unique
from messages import pb


class Finding(Case):
    def find(self, text, **fields):
        return self.connection.call(pb.FindEntitiesRequest(text=text, **fields))

    def test_a_department_is_found_by_initials_syllables_and_characters(self):
        # A name that no other test has, so that it is all that is found.
        code = unique("found")
        self.hospital.put(
            departments=[pb.Department(code=code, name="鼍龙重症科")],
            resources=[
                pb.Resource(code=code, name="鼍单行", kind=pb.RESOURCE_KIND_PRACTITIONER, department=code),
            ],
            services=[pb.Service(code=code, name="鼍龙 CT", kind=pb.SERVICE_KIND_EXAM)],
        )
        department = self.hospital.id_of("departments", code)
        for text in ("tlzzk", "TLCZK", "tuolongzhongzheng", "tuolongch", "鼍lz", "tuo long zhong"):
            with self.subTest(text=text):
                found = [each for each in self.find(text).entities if each.code == code]
                self.assertEqual([each.kind for each in found], [pb.ENTITY_KIND_DEPARTMENT])
                self.assertEqual((found[0].id, found[0].name, found[0].department), (department, "鼍龙重症科", department))
        for text in ("tdx", "tsh", "tchh", "tuoshanxing"):
            with self.subTest(text=text):
                found = [each for each in self.find(text, limit=200).entities if each.code == code]
                self.assertEqual([each.kind for each in found], [pb.ENTITY_KIND_RESOURCE])
                self.assertEqual(found[0].resource_kind, pb.RESOURCE_KIND_PRACTITIONER)
                self.assertEqual((found[0].department, found[0].department_name), (department, "鼍龙重症科"))
        all_three = self.find(code.upper())
        self.assertEqual([each.kind for each in all_three.entities if each.code == code], [1, 2, 3])
        only = self.find("tlct", kinds=[pb.ENTITY_KIND_SERVICE])
        self.assertEqual([each.code for each in only.entities], [code])

    def test_the_best_come_first_and_a_limit_says_that_there_are_more(self):
        code = unique("rank")
        names = {"b": "别处有鼋鳖", "a": "鼋鳖科", "c": "鼋鳖"}
        self.hospital.put(
            departments=[pb.Department(code=f"{code}-{key}", name=name) for key, name in names.items()]
        )
        found = self.find("鼋鳖", kinds=[pb.ENTITY_KIND_DEPARTMENT])
        self.assertEqual([each.code[-1] for each in found.entities], ["c", "a", "b"])
        self.assertFalse(found.more)
        first = self.find("yb", kinds=[pb.ENTITY_KIND_DEPARTMENT], limit=2)
        self.assertEqual((len(first.entities), first.more), (2, True))

    def test_what_cannot_be_looked_for_is_named(self):
        for fields in (
            {"text": ""},
            {"text": "  "},
            {"text": "心" * 61},
            {"text": "x", "limit": 201},
            {"text": "x", "kinds": [9]},
        ):
            with self.subTest(fields=fields), self.fails("INVALID_ARGUMENT"):
                self.find(**fields)
