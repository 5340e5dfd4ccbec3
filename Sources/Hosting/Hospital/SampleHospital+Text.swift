extension SampleHospital {
    /// The same text as docs/samples/hospital.yaml, which a test holds it to.
    static let text = """
        # An invented hospital, as `haoyuan import` reads it and `haoyuan serve --sample` loads it.
        # docs/reference/hospital-files.md describes every field.

        hospital:
          name: 青溪市人民医院
          time_zone: Asia/Shanghai

        departments:
          - {code: cardiology, name: 心血管内科}
          - {code: respiratory, name: 呼吸与危重症医学科}
          - {code: paediatrics, name: 儿科}
          - {code: orthopaedics, name: 骨科}
          - {code: radiology, name: 放射科}
          - {code: ultrasound, name: 超声医学科}
          - {code: laboratory, name: 检验科}

        resources:
          - {code: dr-lin, name: 林静 主任医师, kind: practitioner, department: cardiology}
          - {code: dr-he, name: 何川 主治医师, kind: practitioner, department: cardiology}
          - {code: dr-qiao, name: 乔安 副主任医师, kind: practitioner, department: respiratory}
          - {code: dr-fang, name: 方敏 主治医师, kind: practitioner, department: paediatrics}
          - {code: dr-luo, name: 罗毅 副主任医师, kind: practitioner, department: orthopaedics}
          - {code: ct-1, name: CT 一号机, kind: device, department: radiology}
          - {code: ct-2, name: CT 二号机, kind: device, department: radiology}
          - {code: mr-1, name: 磁共振 3.0T, kind: device, department: radiology}
          - {code: dr-room, name: 数字 X 线摄影室, kind: room, department: radiology}
          - {code: us-1, name: 超声一诊室, kind: room, department: ultrasound}
          - {code: us-2, name: 超声二诊室, kind: room, department: ultrasound}
          - {code: blood-desk, name: 采血窗口, kind: desk, department: laboratory}

        services:
          - {code: ordinary, name: 普通门诊, kind: clinic, price_fen: 2000}
          - {code: expert, name: 专家门诊, kind: clinic, price_fen: 6000}
          - {code: ct-plain, name: CT 平扫, kind: exam, price_fen: 26000, preparation: 去除检查部位金属物品}
          - {code: ct-contrast, name: CT 增强, kind: exam, slots: 2, price_fen: 58000,
             preparation: 空腹 4 小时，需家属陪同并签署知情同意书}
          - {code: mr-plain, name: 磁共振平扫, kind: exam, price_fen: 52000, preparation: 体内有金属植入物请提前告知}
          - {code: mr-contrast, name: 磁共振增强, kind: exam, slots: 2, price_fen: 86000,
             preparation: 空腹 4 小时，体内有金属植入物请提前告知}
          - {code: x-ray, name: X 线摄影, kind: exam, price_fen: 8000}
          - {code: us-abdomen, name: 腹部超声, kind: exam, price_fen: 12000, preparation: 空腹 8 小时}
          - {code: us-pelvis, name: 盆腔超声, kind: exam, price_fen: 12000, preparation: 憋尿至膀胱充盈}
          - {code: us-heart, name: 心脏超声, kind: exam, slots: 2, price_fen: 22000}
          - {code: blood, name: 静脉采血, kind: lab, price_fen: 500, preparation: 空腹 8 至 12 小时}

        pools:
          - {code: cardiology-ordinary, name: 心内科普通号, department: cardiology, resources: [dr-he],
             services: [ordinary]}
          - {code: cardiology-expert, name: 心内科专家号, department: cardiology, resources: [dr-lin],
             services: [expert]}
          - {code: respiratory-expert, name: 呼吸科专家号, department: respiratory, resources: [dr-qiao],
             services: [expert]}
          - {code: paediatrics-ordinary, name: 儿科普通号, department: paediatrics, resources: [dr-fang],
             services: [ordinary]}
          - {code: orthopaedics-expert, name: 骨科专家号, department: orthopaedics, resources: [dr-luo],
             services: [expert]}
          - {code: ct, name: CT 检查, department: radiology, resources: [ct-1, ct-2], services: [ct-plain,
             ct-contrast]}
          - {code: mri, name: 磁共振检查, department: radiology, resources: [mr-1], services: [mr-plain,
             mr-contrast]}
          - {code: x-ray, name: X 线摄影, department: radiology, resources: [dr-room], services: [x-ray]}
          - {code: ultrasound, name: 超声检查, department: ultrasound, resources: [us-1, us-2],
             services: [us-abdomen, us-pelvis, us-heart]}
          - {code: blood, name: 采血, department: laboratory, resources: [blood-desk], services: [blood]}

        policies:
          - {per_day: 6, hold: 15m}
          - {department: cardiology, per_day_department: 1, per_day: 6, hold: 15m}
          - {department: respiratory, per_day_department: 1, per_day: 6, hold: 15m}
          - {department: paediatrics, per_day_department: 2, per_day: 6, hold: 10m}
          - {department: orthopaedics, per_day_department: 1, per_day: 6, hold: 15m}

        templates:
          - {code: cardiology-ordinary-am, pool: cardiology-ordinary, weekdays: all, start: "08:00",
             slot_minutes: 15, slots: 16, capacity: 3}
          - {code: cardiology-ordinary-pm, pool: cardiology-ordinary, weekdays: mon-fri, start: "13:30",
             slot_minutes: 15, slots: 14, capacity: 3}
          - {code: cardiology-expert-am, pool: cardiology-expert, weekdays: "mon,wed,fri", start: "08:00",
             slot_minutes: 10, slots: 24, capacity: 1}
          - {code: respiratory-expert-am, pool: respiratory-expert, weekdays: mon-fri, start: "08:00",
             slot_minutes: 10, slots: 24, capacity: 1}
          - {code: paediatrics-am, pool: paediatrics-ordinary, weekdays: all, start: "08:00", slot_minutes: 15,
             slots: 16, capacity: 4}
          - {code: paediatrics-evening, pool: paediatrics-ordinary, weekdays: all, start: "18:00",
             slot_minutes: 15, slots: 16, capacity: 2}
          - {code: orthopaedics-expert-pm, pool: orthopaedics-expert, weekdays: "tue,thu,sat", start: "13:30",
             slot_minutes: 15, slots: 14, capacity: 2}
          - {code: ct-day, pool: ct, weekdays: all, start: "08:00", slot_minutes: 10, slots: 54, capacity: 2}
          - {code: ct-night, pool: ct, weekdays: all, start: "22:00", slot_minutes: 20, slots: 24, capacity: 1}
          - {code: mri-day, pool: mri, weekdays: all, start: "07:30", slot_minutes: 30, slots: 26, capacity: 1}
          - {code: x-ray-day, pool: x-ray, weekdays: all, start: "08:00", slot_minutes: 10, slots: 54,
             capacity: 2}
          - {code: ultrasound-am, pool: ultrasound, weekdays: mon-sat, start: "07:30", slot_minutes: 15,
             slots: 18, capacity: 2}
          - {code: ultrasound-pm, pool: ultrasound, weekdays: mon-fri, start: "13:30", slot_minutes: 15,
             slots: 14, capacity: 2}
          - {code: blood-am, pool: blood, weekdays: all, start: "07:00", slot_minutes: 10, slots: 24,
             capacity: 10}
        """
}
