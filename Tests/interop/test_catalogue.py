"""PUT_CATALOGUE and GET_CATALOGUE: what is put comes back, and what is wrong changes nothing."""

from case import Case
from hospital import unique
from messages import pb


class Putting(Case):
    def test_what_is_put_comes_back_with_ids(self):
        code = unique("ct")
        self.hospital.put(
            departments=[pb.Department(code=code, name="放射科")],
            resources=[pb.Resource(code=code, name="CT-1", kind=pb.RESOURCE_KIND_DEVICE, department=code)],
            services=[
                pb.Service(
                    code=code,
                    name="增强CT",
                    kind=pb.SERVICE_KIND_EXAM,
                    slots=3,
                    units=2,
                    price_fen=45_000,
                    preparation="空腹四小时",
                )
            ],
            pools=[pb.Pool(code=code, name="CT", department=code, resources=[code], services=[code])],
            policies=[pb.Policy(department=code, per_day_department=2, per_day=3, hold_seconds=600)],
            templates=[
                pb.Template(
                    code=code,
                    pool=code,
                    weekdays=0b0011111,
                    start="13:30",
                    slot_minutes=10,
                    slots=6,
                    capacity=2,
                    valid_from="2030-01-01",
                    valid_until="2030-12-31",
                )
            ],
        )
        now = self.hospital.catalogue()
        department = self.only(now.departments, code)
        resource = self.only(now.resources, code)
        service = self.only(now.services, code)
        pool = self.only(now.pools, code)
        template = self.only(now.templates, code)
        policy = next(each for each in now.policies if each.department == code)
        for entity in (department, resource, service, pool, template):
            self.assertGreater(entity.id, 0)
        self.assertEqual(department.name, "放射科")
        self.assertEqual((resource.name, resource.kind, resource.department), ("CT-1", pb.RESOURCE_KIND_DEVICE, code))
        self.assertEqual((service.kind, service.slots, service.units), (pb.SERVICE_KIND_EXAM, 3, 2))
        self.assertEqual((service.price_fen, service.preparation), (45_000, "空腹四小时"))
        self.assertEqual((pool.department, list(pool.resources), list(pool.services)), (code, [code], [code]))
        self.assertEqual((policy.per_day_department, policy.per_day, policy.hold_seconds), (2, 3, 600))
        self.assertGreater(policy.version, 0)
        self.assertEqual((template.weekdays, template.start, template.slot_minutes), (0b0011111, "13:30", 10))
        self.assertEqual((template.slots, template.capacity), (6, 2))
        self.assertEqual((template.valid_from, template.valid_until), ("2030-01-01", "2030-12-31"))

    def test_zero_slots_units_and_hold_seconds_are_read_as_the_file_says(self):
        code, draft = self.hospital.draft(slots=0, units=0, policy={"hold_seconds": 0})
        self.hospital.put(**draft)
        now = self.hospital.catalogue()
        service = self.only(now.services, code)
        policy = next(each for each in now.policies if each.department == code)
        self.assertEqual((service.slots, service.units, policy.hold_seconds), (1, 1, 900))

    def test_the_same_put_again_changes_nothing(self):
        _, draft = self.hospital.draft(policy={"per_day": 5})
        first = self.hospital.put(**draft)
        before = self.hospital.catalogue()
        again = self.hospital.put(**draft)
        self.assertEqual((first.changed, first.unchanged), (0, 0))
        self.assertEqual((again.added, again.changed, again.unchanged), (0, 0, first.added))
        self.assertEqual(self.hospital.catalogue(), before)

    def test_a_known_code_is_updated_and_keeps_its_id(self):
        code, draft = self.hospital.draft()
        self.hospital.put(**draft)
        before = self.only(self.hospital.catalogue().services, code)
        reply = self.hospital.put(
            services=[pb.Service(code=code, name="专家门诊", kind=pb.SERVICE_KIND_CLINIC, price_fen=5000)]
        )
        after = self.only(self.hospital.catalogue().services, code)
        self.assertEqual((reply.added, reply.changed), (0, 1))
        self.assertEqual((after.id, after.name, after.price_fen), (before.id, "专家门诊", 5000))

    def test_ids_in_a_put_are_ignored(self):
        code = unique("department")
        self.hospital.put(departments=[pb.Department(id=4_000_000, code=code, name="外科")])
        self.assertNotEqual(self.hospital.id_of("departments", code), 4_000_000)

    def test_a_changed_policy_is_a_new_version_and_the_same_one_is_not(self):
        code, draft = self.hospital.draft(policy={"per_day": 5})
        self.hospital.put(**draft)
        versions = [self.policy_version(code)]
        for per_day in (5, 6, 6):
            self.hospital.put(policies=[pb.Policy(department=code, per_day=per_day)])
            versions.append(self.policy_version(code))
        self.assertEqual(versions[0], versions[1])
        self.assertGreater(versions[2], versions[1])
        self.assertEqual(versions[3], versions[2])

    def test_terms_of_moments_come_back_and_contradictions_are_refused(self):
        code, draft = self.hospital.draft()
        self.hospital.put(**draft)
        release = dict(rule=pb.RULE_NOT_RELEASED, classes=[pb.PATIENT_CLASS_OUTPATIENT])
        first = pb.PolicyTerm(**release, limit=50, days=366, at="07:00")
        terms = [
            first,
            pb.PolicyTerm(**release, limit=100, at="23:59"),
            pb.PolicyTerm(rule=pb.RULE_BOOKING_CLOSED, channels=[pb.CHANNEL_APP], minutes=527_040),
            pb.PolicyTerm(rule=pb.RULE_TOO_LATE, channels=[pb.CHANNEL_APP], days=1, at="15:00", minutes=30),
        ]
        self.hospital.put(policies=[pb.Policy(department=code, terms=terms)])
        before = self.hospital.catalogue()
        self.assertEqual([list(policy.terms) for policy in before.policies if policy.department == code], [terms])
        for sentence, *wrong in (
            ("must put a larger share on sale", first, pb.PolicyTerm(**release, limit=50, at="23:59")),
            ("limit must be 1 to 100", pb.PolicyTerm(**release, limit=101, at="23:59")),
            ("names no time", pb.PolicyTerm(**release, limit=100)),
            ("names no moment", pb.PolicyTerm(rule=pb.RULE_BOOKING_CLOSED)),
            ("reads no classes", pb.PolicyTerm(rule=pb.RULE_TOO_LATE, classes=[pb.PATIENT_CLASS_CHECKUP], minutes=1)),
            ("days", pb.PolicyTerm(rule=pb.RULE_TOO_LATE, days=367, at="15:00")),
            ("minutes", pb.PolicyTerm(rule=pb.RULE_TOO_LATE, minutes=527_041)),
        ):
            with self.subTest(sentence=sentence):
                with self.fails("INVALID_ARGUMENT") as raised:
                    self.hospital.put(policies=[pb.Policy(department=code, terms=wrong)])
                self.assertIn(sentence, raised.exception.failure.message)
        self.assertEqual(self.hospital.catalogue(), before)

    def test_what_a_put_names_twice_is_refused_by_name(self):
        code = unique("twice")
        twice = [pb.Department(code=code, name=name) for name in ("甲", "乙")]
        with self.fails("INVALID_ARGUMENT") as raised:
            self.hospital.put(departments=twice)
        self.assertIn(f"department ‘{code}’ is named twice", raised.exception.failure.message)
        self.assertFalse([each for each in self.hospital.catalogue().departments if each.code == code])

    def test_an_empty_put_is_allowed_and_changes_nothing(self):
        reply = self.hospital.put()
        self.assertEqual((reply.added, reply.changed, reply.unchanged), (0, 0, 0))

    def test_another_connection_sees_a_put_as_soon_as_it_is_answered(self):
        code, draft = self.hospital.draft()
        self.hospital.put(**draft)
        catalogue = self.connect().call(pb.GetCatalogueRequest()).catalogue
        self.only(catalogue.pools, code)

    def policy_version(self, code):
        return next(each.version for each in self.hospital.catalogue().policies if each.department == code)

    def only(self, entities, code):
        found = [entity for entity in entities if entity.code == code]
        self.assertEqual(len(found), 1, f"{code}: {found}")
        return found[0]


class BadPuts(Case):
    def setUp(self):
        super().setUp()
        self.code, draft = self.hospital.draft()
        self.hospital.put(**draft)

    def assert_each_refused(self, code, field, entities):
        """Each entity alone is refused with `code`, beside good ones too, and the catalogue stays as it was."""
        before = self.hospital.catalogue()
        for entity in entities:
            with self.subTest(field=field, entity=str(entity)):
                good = {"departments": [pb.Department(code=unique("good"), name="好")]}
                with self.fails(code):
                    self.hospital.put(**{**good, field: good.get(field, []) + [entity]})
                self.assertEqual(self.hospital.catalogue(), before, "a refused Put left something behind")

    def test_a_code_must_be_there(self):
        for field, entity in (
            ("departments", pb.Department(name="无")),
            ("resources", pb.Resource(name="无", kind=pb.RESOURCE_KIND_ROOM, department=self.code)),
            ("services", pb.Service(name="无", kind=pb.SERVICE_KIND_LAB)),
            ("pools", pb.Pool(name="无", department=self.code, resources=[self.code], services=[self.code])),
            ("templates", self.template(code="")),
        ):
            self.assert_each_refused("INVALID_ARGUMENT", field, [entity])

    def test_a_kind_must_be_one_of_the_list(self):
        self.assert_each_refused(
            "INVALID_ARGUMENT",
            "resources",
            [
                pb.Resource(code=unique("r"), name="无", department=self.code),
                pb.Resource(code=unique("r"), name="无", department=self.code, kind=77),
            ],
        )
        self.assert_each_refused(
            "INVALID_ARGUMENT",
            "services",
            [pb.Service(code=unique("s"), name="无"), pb.Service(code=unique("s"), name="无", kind=77)],
        )

    def test_an_unknown_code_refuses_the_whole_put(self):
        nobody = unique("nobody")
        known = dict(department=self.code, resources=[self.code], services=[self.code])
        self.assert_each_refused(
            "INVALID_ARGUMENT",
            "resources",
            [pb.Resource(code=unique("r"), name="无", kind=pb.RESOURCE_KIND_ROOM, department=nobody)],
        )
        self.assert_each_refused(
            "INVALID_ARGUMENT",
            "pools",
            [
                pb.Pool(code=unique("p"), name="无", **{**known, **wrong})
                for wrong in ({"department": nobody}, {"resources": [nobody]}, {"services": [self.code, nobody]})
            ],
        )
        self.assert_each_refused("INVALID_ARGUMENT", "policies", [pb.Policy(department=nobody, per_day=1)])
        self.assert_each_refused("INVALID_ARGUMENT", "templates", [self.template(pool=nobody)])

    def test_a_template_must_make_sense(self):
        self.assert_each_refused(
            "INVALID_ARGUMENT",
            "templates",
            [
                self.template(**wrong)
                for wrong in (
                    {"weekdays": 0},
                    {"weekdays": 128},
                    {"start": ""},
                    {"start": "24:00"},
                    {"start": "8 o'clock"},
                    {"start": "08:60"},
                    {"slot_minutes": 0},
                    {"slot_minutes": 4_000_000_000},
                    {"slots": 0},
                    {"slots": 4_000_000_000},
                    {"capacity": 0},
                    {"capacity": 4_000_000_000},
                    {"valid_from": "2030-02-30"},
                    {"valid_until": "tomorrow"},
                    {"valid_from": "2030-02-02", "valid_until": "2030-02-01"},
                )
            ],
        )

    def test_a_service_must_fit_into_a_session(self):
        self.assert_each_refused(
            "INVALID_ARGUMENT",
            "services",
            [
                pb.Service(code=unique("s"), name="无", kind=pb.SERVICE_KIND_EXAM, **wrong)
                for wrong in ({"slots": 4_000_000_000}, {"units": 4_000_000_000})
            ],
        )

    def test_terms_name_what_is_wrong_with_them(self):
        # PER_DAY takes no terms: what is right otherwise is refused for its rule.
        good = dict(rule=pb.RULE_PER_DAY, services=[self.code], pools=[self.code], channels=[pb.CHANNEL_KIOSK], limit=1)
        before = self.hospital.catalogue()
        for sentence, *wrong in (
            ("terms[0]: PER_DAY takes no terms", {}),
            ("policies[0].terms[1].rule:", {}, {"rule": 0}),
            ("policies[0].terms[0].rule:", {"rule": 200}),
            ("policies[0].terms[0].channels:", {"channels": [pb.CHANNEL_APP, 0]}),
            ("policies[0].terms[0].channels:", {"channels": [pb.CHANNEL_APP, 77]}),
            ("policies[0].terms[0].channels:", {"channels": [pb.CHANNEL_SYSTEM]}),
            ("policies[0].terms[0].classes:", {"classes": [pb.PATIENT_CLASS_CHECKUP, 0]}),
            ("policies[0].terms[0].classes:", {"classes": [77]}),
            ("policies[0].terms[0].at:", {"at": "7:00"}),
            ("policies[0].terms[0].at:", {"at": "24:00"}),
            ("catalogue.policies.terms:", *[{}] * 65),
            ("catalogue.policies.terms.services:", {}, {"services": [self.code] * 1_025}),
            ("catalogue.policies.terms.pools:", {}, {"pools": [self.code] * 1_025}),
            ("catalogue.policies.terms.channels:", {}, {"channels": [pb.CHANNEL_KIOSK] * 1_025}),
            ("catalogue.policies.terms.classes:", {}, {"classes": [pb.PATIENT_CLASS_CHECKUP] * 1_025}),
        ):
            with self.subTest(sentence=sentence, wrong=str(wrong)[:80]):
                terms = [pb.PolicyTerm(**{**good, **each}) for each in wrong]
                with self.fails("INVALID_ARGUMENT") as raised:
                    self.hospital.put(policies=[pb.Policy(department=self.code, terms=terms)])
                self.assertIn(sentence, raised.exception.failure.message)
        self.assertEqual(self.hospital.catalogue(), before)

    def test_text_has_its_limits(self):
        self.assert_each_refused(
            "INVALID_ARGUMENT",
            "departments",
            [pb.Department(code="x" * 100_000, name="无"), pb.Department(code=unique("d"), name="长" * 100_000)],
        )
        self.assert_each_refused(
            "INVALID_ARGUMENT",
            "services",
            [pb.Service(code=unique("s"), name="无", kind=pb.SERVICE_KIND_LAB, preparation="长" * 100_000)],
        )

    def test_a_zone_must_be_known(self):
        before = self.hospital.catalogue()
        for zone in ("Mars/Olympus", "../../etc/passwd", "x" * 100_000):
            with self.subTest(zone=zone[:30]), self.fails("INVALID_ARGUMENT"):
                self.hospital.put(hospital=pb.Hospital(name="医院", time_zone=zone))
        self.assertEqual(self.hospital.catalogue(), before)

    def test_the_hospitals_clock_changes_are_told_and_compared(self):
        call = self.hospital.connection.call
        reply = call(pb.GetCatalogueRequest())
        self.assertEqual(reply.clock_changes[-1].offset_s, self.hospital.offset * 3_600)
        zones = call(pb.StatusRequest(zone="Asia/Tokyo")).zones
        self.assertEqual(zones.zone, reply.catalogue.hospital.time_zone)
        self.assertGreater(zones.differs_from_ms, 0)
        self.assertEqual(call(pb.StatusRequest()).zones.differs_from_ms, 0)
        with self.fails("INVALID_ARGUMENT"):
            call(pb.StatusRequest(zone="x" * 257))

    def template(self, **fields):
        good = dict(
            code=unique("template"), pool=self.code, weekdays=127, start="08:00", slot_minutes=10, slots=6, capacity=1
        )
        return pb.Template(**{**good, **fields})
