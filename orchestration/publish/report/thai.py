"""The Thai catalogue: each English sentence and its translation, with the same `{names}`.

Not here: where a sentence is used; a test finds translations that are missing or unused.
"""

THAI_MONTHS = (
    *("ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย."),
    *("ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."),
)

THAI: dict[str, str] = {
    # the headline and its notes
    "Empty": "เครดิตหมดแล้ว",
    "Empty by {day}": "เครดิตจะหมดภายใน {day}",
    "Empty since {day}": "เครดิตหมดตั้งแต่ {day}",
    " at the current pace": " หากใช้ในอัตราปัจจุบัน",
    "Empty around {day}": "เครดิตจะหมดราว {day}",
    "Lasts to the renewal of {day} ({chance} chance of running out before)": (
        "พอใช้ถึงรอบเครดิตใหม่ {day} (โอกาสหมดก่อน {chance})"
    ),
    "{lasts}; then empty around {median} ({first} to {last})": (
        "{lasts} จากนั้นจะหมดราว {median} ({first} ถึง {last})"
    ),
    "{lasts}; then empty around {median} ({first} or later)": (
        "{lasts} จากนั้นจะหมดราว {median} ({first} หรือหลังจากนั้น)"
    ),
    "{credits} credits would be left": "จะเหลือ {credits} เครดิต",
    "{without}, until about {day}": "{without} ถึงราว {day}",
    "{without}, for more than a year": "{without} พอใช้ได้นานกว่าหนึ่งปี",
    "One charge decides this: event {event_id} of source {source} took {credits} credits on {day}. "
    "Without it {without}. If it is an error, deliver event_id {event_id} and source {source} in "
    "event_retractions": (
        "รายการเดียวเป็นตัวกำหนดผลนี้: event {event_id} ของ source {source} ใช้ไป {credits} เครดิตเมื่อ {day} "
        "หากไม่มีรายการนี้ {without} "
        "หากเป็นข้อผิดพลาด ให้ส่ง event_id {event_id} และ source {source} ใน event_retractions"
    ),
    "No use in {days} days": "ไม่มีการใช้งานใน {days} วัน",
    "No use in the last {days} days": "ไม่มีการใช้งานใน {days} วันล่าสุด",
    "No use since {day}": "ไม่มีการใช้งานตั้งแต่ {day}",
    "no use in {days} days": "ไม่มีการใช้งานใน {days} วัน",
    "lasts more than a year": "พอใช้ได้นานกว่าหนึ่งปี",
    "not made for this day": "ไม่มีการพยากรณ์สำหรับวันนี้",
    "no credit ledger": "ไม่มีบัญชีเครดิต",
    "No forecast for {day}": "ไม่มีการพยากรณ์สำหรับ {day}",
    "{credits} credits used in {days} days": "ใช้ไป {credits} เครดิตใน {days} วัน",
    "last {days} days": "{days} วันล่าสุด",
    "{month} to date": "{month} ถึงปัจจุบัน",
    "billing period since {day}": "รอบบิลตั้งแต่ {day}",
    "They cost {amount}.": "คิดเป็นเงิน {amount}",
    "No price is known for {credits} of the credits used; they are in no cost.": (
        "ไม่ทราบราคาของ {credits} เครดิตที่ใช้ จึงไม่รวมอยู่ในค่าใช้จ่าย"
    ),
    "data to {day}": "ข้อมูลถึง {day}",
    "published {at}": "เผยแพร่เมื่อ {at}",
    "8 in 10 chance: between {first} and {last}": "โอกาส 8 ใน 10: ระหว่าง {first} ถึง {last}",
    "8 in 10 chance: on {day}": "โอกาส 8 ใน 10: วันที่ {day}",
    "9 in 10 chance: {day} or later, perhaps not within a year": (
        "โอกาส 9 ใน 10: {day} หรือหลังจากนั้น อาจไม่หมดภายในหนึ่งปี"
    ),
    "too early for a range: {days} of {least} days": ("ยังเร็วเกินไปที่จะบอกช่วงเวลา: มีข้อมูล {days} จาก {least} วัน"),
    "Buy by {day}: {amount}": "ควรซื้อภายใน {day}: {amount}",
    "Buy now: {amount}": "ควรซื้อทันที: {amount}",
    "Buy nothing: what is booked or expected covers the days to come": (
        "ไม่ต้องซื้อเพิ่ม: เครดิตที่จองไว้หรือที่คาดว่าจะได้รับเพียงพอสำหรับวันข้างหน้าแล้ว"
    ),
    " and ": " และ ",
    "{credits} credits": "{credits} เครดิต",
    "{credits} credits left on {day}{pace}.": "เหลือ {credits} เครดิต ณ {day}{pace}",
    "; {credits} a day over the last {days} days": " ใช้วันละ {credits} ในช่วง {days} วันล่าสุด",
    "next renewal {day}: {chance} chance of running out before it": (
        "รอบเครดิตถัดไป {day}: โอกาสหมดก่อนถึงวันนั้น {chance}"
    ),
    "next renewal {day}": "รอบเครดิตถัดไป {day}",
    "at the current pace: empty by {day}": "ตามอัตราปัจจุบัน: จะหมดภายใน {day}",
    "at the current pace: not within a year": "ตามอัตราปัจจุบัน: ไม่หมดภายในหนึ่งปี",
    "more likely than not, the credits last more than a year": ("มีแนวโน้มมากกว่าครึ่งว่าเครดิตพอใช้ได้นานกว่าหนึ่งปี"),
    "There is no credit ledger, so only use and burn are reported, not what is left.": (
        "ไม่มีบัญชีเครดิต จึงบอกได้เฉพาะการใช้และอัตราการใช้ ไม่บอกยอดคงเหลือ"
    ),
    "{credits} of the credits used were covered by no lot.": ("มี {credits} เครดิตที่ใช้ไปโดยไม่มีล็อตเครดิตรองรับ"),
    "{credits} credits of implausible charges are not taken for demand by the "
    "forecast; use and what is left count them": (
        "การพยากรณ์ไม่นับ {credits} เครดิตจากรายการที่ผิดปกติเป็นความต้องการ แต่ยอดใช้และยอดคงเหลือนับรวม"
    ),
    "use fell to under a third in the last 28 days: the purchase counts on the lower use, "
    "the range also on its return": (
        "การใช้ใน 28 วันล่าสุดลดลงเหลือไม่ถึงหนึ่งในสาม: จำนวนที่แนะนำให้ซื้อคิดจากการใช้ที่ลดลง ส่วนช่วงวันเผื่อการกลับมาใช้เท่าเดิม"
    ),
    "use rose to over three times in the last 28 days: the median assumes no more growth, "
    "the start of the range that it goes on": (
        "การใช้ใน 28 วันล่าสุดเพิ่มเป็นกว่าสามเท่า: ค่ากลางคิดว่าไม่เพิ่มอีก ส่วนต้นช่วงวันคิดว่าเพิ่มต่อไป"
    ),
    # the bar and four numbers
    "{drawn} of the allowance of {allowance} credits are drawn, {left} are left.": (
        "ใช้ไป {drawn} จากโควตา {allowance} เครดิต เหลือ {left}"
    ),
    "{drawn} of {allowance} drawn": "ใช้ไป {drawn} จาก {allowance}",
    "{credits} left": "เหลือ {credits}",
    "Used in {days} days": "ใช้ไปใน {days} วัน",
    "of {allowance} credits": "จาก {allowance} เครดิต",
    "credits": "เครดิต",
    "Credits": "เครดิต",
    "Burn per day": "ใช้ต่อวัน",
    "{days} day": "{days} วัน",
    "{days} days": "{days} วัน",
    "{credits} in the last 7": "{credits} ใน 7 วันล่าสุด",
    "Left": "คงเหลือ",
    "credits on {day}": "เครดิต ณ {day}",
    "Wasted": "สูญเปล่า",
    "{rate} of credits used": "{rate} ของเครดิตที่ใช้",
    # the burn-down
    "Credits left": "เครดิตคงเหลือ",
    "empty here: 8 in 10": "หมดในช่วงนี้: 8 ใน 10",
    "{credits} expire {day}": "{credits} หมดอายุ {day}",
    "Credits left: {before} on {first}, {now} on {last}.": (
        "เครดิตคงเหลือ: {before} ณ {first} และ {now} ณ {last}"
    ),
    "Dashed: the median of what is to come, empty on {day}. {range}.": (
        "เส้นประ: ค่ากลางของวันข้างหน้า หมดวันที่ {day} {range}"
    ),
    "{credits} credits expire on {day} unless used before.": ("{credits} เครดิตจะหมดอายุ {day} หากไม่ใช้ก่อน"),
    # breakdowns
    "By team member": "แยกตามสมาชิกทีม",
    "By category": "แยกตามหมวดสินค้า",
    "By generation type": "แยกตามประเภทเนื้อหา",
    "Team member": "สมาชิกทีม",
    "Category": "หมวดสินค้า",
    "Generation type": "ประเภทเนื้อหา",
    "Credits {by}: {lines}.": "เครดิต{by}: {lines}",
    "{heading}, table": "{heading} ตาราง",
    "Credits per product": "เครดิตต่อสินค้า",
    "Regene\u00adrated": "สร้างซ้ำ",
    "First-pass quality": "คุณภาพครั้งแรก",
    "most efficient": "คุ้มค่าที่สุด",
    "Most efficient: ": "คุ้มค่าที่สุด: ",
    ", the fewest credits per product ({credits}) among members with enough products to compare "
    "({least} by default).": (" ใช้เครดิตต่อสินค้าน้อยที่สุด ({credits}) ในหมู่สมาชิกที่มีสินค้ามากพอจะเทียบได้ (ปกติ {least})"),
    "Use": "การใช้งาน",
    # waste and what to change
    "Waste": "ความสูญเปล่า",
    "Waste by reason, table": "ความสูญเปล่าแยกตามสาเหตุ ตาราง",
    "Reason": "สาเหตุ",
    "Share of use": "สัดส่วนของการใช้",
    "Gene\u00adrations": "จำนวนครั้ง",
    "unknown": "ไม่ทราบ",
    "Content is not tracked (no product named, no outcomes): "
    "whether {credits} credits were wasted is unknown": (
        "ไม่มีการติดตามเนื้อหา (ไม่ระบุสินค้า ไม่มีผลลัพธ์) จึงไม่ทราบว่า {credits} เครดิตสูญเปล่าหรือไม่"
    ),
    "Whether {credits} credits were wasted is unknown: what became of their content is not delivered": (
        "ไม่ทราบว่า {credits} เครดิตสูญเปล่าหรือไม่ เพราะไม่มีข้อมูลว่าเนื้อหาถูกนำไปใช้อย่างไร"
    ),
    "{drawn} of the allowance of {allowance} used": "ใช้ {drawn} จากวงเงิน {allowance}",
    "No waste detected.": "ไม่พบความสูญเปล่า",
    "{credits} credits were wasted, {rate} of those used.": ("สูญเปล่า {credits} เครดิต คิดเป็น {rate} ของที่ใช้"),
    "{credits} credits were wasted.": "สูญเปล่า {credits} เครดิต",
    "Pending: {credits} credits, of which {expected} are expected to end as waste": (
        "รอผล: {credits} เครดิต คาดว่าจะสูญเปล่า {expected}"
    ),
    "Suggestion:": "คำแนะนำ:",
    "Evidence: {evidence}": "หลักฐาน: {evidence}",
    "And {more} more in the mart waste_suggestions.": "และอีก {more} รายการใน mart waste_suggestions",
    "Savings are potential: they overlap and are not to be added up, and name no cause.": (
        "ตัวเลขที่ประหยัดได้เป็นเพียงศักยภาพ: ซ้อนทับกัน นำมารวมกันไม่ได้ และไม่ได้ระบุต้นเหตุ"
    ),
    "regenerations (3+ attempts)": "การสร้างซ้ำ (3 ครั้งขึ้นไป)",
    "The same field of a product was generated three times or more, and these attempts were thrown away.": (
        "ช่องเดียวกันของสินค้าเดียวกันถูกสร้างสามครั้งขึ้นไป และผลเหล่านี้ถูกทิ้ง"
    ),
    "rejected content": "เนื้อหาที่ถูกปฏิเสธ",
    "The content was rejected or discarded.": "เนื้อหาถูกปฏิเสธหรือถูกทิ้ง",
    "failed generations": "การสร้างที่ล้มเหลว",
    "The generation failed, was cancelled, timed out or was blocked, and was charged all the same.": (
        "การสร้างล้มเหลว ถูกยกเลิก หมดเวลา หรือถูกบล็อก แต่ยังถูกคิดเครดิต"
    ),
    "low-quality first drafts": "ร่างแรกคุณภาพต่ำ",
    "The first attempt scored low and was thrown away for a later one.": (
        "ครั้งแรกได้คะแนนต่ำและถูกแทนที่ด้วยครั้งหลัง"
    ),
    "fields that nobody uses": "ช่องที่ไม่มีใครใช้",
    "In 90 days no content of this kind of field was used in its category.": (
        "ใน 90 วัน ไม่มีการใช้เนื้อหาของช่องชนิดนี้ในหมวดนี้เลย"
    ),
    "content that was never used": "เนื้อหาที่ไม่เคยถูกใช้",
    "The content was neither used nor replaced in the two weeks after it was generated.": (
        "เนื้อหาไม่ถูกใช้และไม่ถูกแทนที่ในสองสัปดาห์หลังสร้าง"
    ),
    "rework": "การทำซ้ำ",
    "rejections": "การปฏิเสธ",
    "unused content": "เนื้อหาที่ไม่ถูกใช้",
    "repeated attempts": "การสร้างซ้ำ",
    "repeated first drafts": "ร่างแรกที่ต้องทำใหม่",
    "improve rulesets to reduce {reduced}": "ปรับปรุง ruleset เพื่อลด{reduced}",
    "improve templates to reduce {reduced}": "ปรับปรุงเทมเพลตเพื่อลด{reduced}",
    "try another model to reduce {reduced}": "ลองใช้โมเดลอื่นเพื่อลด{reduced}",
    "improve workflows to reduce {reduced}": "ปรับปรุงเวิร์กโฟลว์เพื่อลด{reduced}",
    "review what is generated for a category to reduce {reduced}": ("ทบทวนสิ่งที่สร้างในหมวดสินค้าเพื่อลด{reduced}"),
    "stop generating fields that nobody uses": "หยุดสร้างช่องที่ไม่มีใครใช้",
    "go through {what} together": "ทบทวน{what}ร่วมกัน",
    "look at the generations behind {waste}": "ดูรายการที่อยู่เบื้องหลัง{waste}",
    "none; no part of the work wastes clearly more than the rest": (
        "ไม่มี ไม่มีส่วนใดของงานที่สูญเปล่ามากกว่าส่วนอื่นอย่างชัดเจน"
    ),
    "{least} to {most}": "{least} ถึง {most}",
    "up to {most}": "ไม่เกิน {most}",
    "{credits} credits a month": "{credits} เครดิตต่อเดือน",
    "in the median empty {day} instead of {now}": "ค่ากลางของวันหมดเลื่อนเป็น {day} จาก {now}",
    "{saving}, about {days} later": "{saving} หมดช้าลงประมาณ {days}",
    "generations": "รายการ",
    "runs of attempts": "ชุดการสร้าง",
    "{found} of {all} {what}, elsewhere {found_elsewhere} of {all_elsewhere}, {first} to {last}": (
        "{found} จาก {all} {what} ที่อื่น {found_elsewhere} จาก {all_elsewhere} ตั้งแต่ {first} ถึง {last}"
    ),
    # how good the forecast is
    "How good is this forecast": "การพยากรณ์นี้แม่นแค่ไหน",
    "forecasts published": "การพยากรณ์ที่เผยแพร่แล้ว",
    "forecasts of past days made again": "การพยากรณ์ย้อนหลังที่ทำใหม่",
    "{cases} {what}: 80 % range covered {coverage}; median error {median} (pace {pace_median}), "
    "mean {mean} (pace {pace_mean})": (
        "{what} {cases} ครั้ง: ช่วง 80 % ครอบคลุม {coverage} คลาดเคลื่อนมัธยฐาน {median} "
        "(อัตราปัจจุบัน {pace_median}) เฉลี่ย {mean} (อัตราปัจจุบัน {pace_mean})"
    ),
    # the foot
    "What changed since yesterday": "สิ่งที่เปลี่ยนไปจากเมื่อวาน",
    "The newest run changed days that had been published before:": ("การประมวลผลล่าสุดเปลี่ยนวันที่เคยเผยแพร่แล้ว:"),
    "Nothing that had been published before; {day} was added.": ("ไม่มีสิ่งที่เคยเผยแพร่แล้วเปลี่ยนไป เพิ่ม {day}"),
    "{source} says {theirs} for {days}, we have {ours}": ("{source} ระบุ {theirs} สำหรับ {days} เรามี {ours}"),
    " ({share} apart)": " (ต่างกัน {share})",
    "{first} to {last}": "{first} ถึง {last}",
    "{cause}: {days} changed, {first} to {last}": "{cause}: เปลี่ยน {days} ตั้งแต่ {first} ถึง {last}",
    "{cause}: {first} changed": "{cause}: เปลี่ยน {first}",
    "{days}; credits used {more}, wasted {more_wasted}": ("{days} เครดิตที่ใช้ {more} สูญเปล่า {more_wasted}"),
    "unchanged": "เท่าเดิม",
    "Late deliveries": "ข้อมูลที่มาช้า",
    "Retractions": "รายการที่ถูกถอน",
    "What became of content": "ผลของเนื้อหา",
    "The credit ledger": "บัญชีเครดิต",
    "Names, categories or time zones": "ชื่อ หมวด หรือเขตเวลา",
    "Other definitions": "นิยามที่เปลี่ยนไป",
    "About these numbers": "เกี่ยวกับตัวเลขเหล่านี้",
    "Published {at}. A run publishes every night; a page whose next run is missing is not up to date.": (
        "เผยแพร่เมื่อ {at} ระบบเผยแพร่ทุกคืน หากคืนถัดไปไม่มีหน้าใหม่ แปลว่าหน้านี้ไม่เป็นปัจจุบัน"
    ),
    "No checks are recorded.": "ไม่มีบันทึกการตรวจสอบ",
    "{failed} of {all} checks of the newest run failed:": "การตรวจสอบล่าสุดไม่ผ่าน {failed} จาก {all} ข้อ:",
    "All {all} checks of the newest run passed.": "การตรวจสอบล่าสุดผ่านทั้ง {all} ข้อ",
    "Days are those of {zone}. The window is {first} to {last}, both included. Credits and percentages of a "
    "list are rounded so that they add up to its total.": (
        "วันนับตามเขตเวลา {zone} ช่วงเวลาคือ {first} ถึง {last} รวมทั้งสองวัน "
        "เครดิตและเปอร์เซ็นต์ในแต่ละรายการปัดเศษให้รวมกันได้เท่ายอดรวม"
    ),
    "Current pace: what is left, divided by the use per day of the last 7 days. Regenerated: attempts that "
    "repeat a field of the same product. First-pass quality: the mean score, 0 to 1, of first attempts that "
    "were scored. Wasted: the share of credits spent on what failed, was rejected, was a weak first draft, "
    "was thrown away after three attempts or more, or was never used.": (
        "อัตราปัจจุบัน: ยอดคงเหลือหารด้วยการใช้ต่อวันของ 7 วันล่าสุด สร้างซ้ำ: ครั้งที่ทำช่องเดิมของสินค้าเดิมอีก "
        "คุณภาพครั้งแรก: คะแนนเฉลี่ย 0 ถึง 1 ของครั้งแรกที่มีคะแนน สูญเปล่า: สัดส่วนเครดิตที่ใช้กับสิ่งที่ล้มเหลว ถูกปฏิเสธ "
        "เป็นร่างแรกที่อ่อน ถูกทิ้งหลังสามครั้งขึ้นไป หรือไม่เคยถูกใช้"
    ),
    "Every number is in the marts published with this page, in credits.duckdb and the folder parquet.": (
        "ตัวเลขทุกตัวอยู่ใน mart ที่เผยแพร่พร้อมหน้านี้ ใน credits.duckdb และโฟลเดอร์ parquet"
    ),
    "Files:": "ไฟล์ที่อยู่ด้วยกัน:",
    # the index
    "Credits of {count} workspaces": "เครดิตของ {count} เวิร์กสเปซ",
    "Last {days} days, those that may be empty first before the others. Amounts are rounded each by itself, "
    "as on the page of the workspace.": (
        "{days} วันล่าสุด เรียงจากที่อาจหมดก่อน แต่ละยอดปัดเศษแยกกัน เหมือนในหน้าของเวิร์กสเปซ"
    ),
    "May be empty from": "อาจหมดตั้งแต่",
    "Workspaces, table": "เวิร์กสเปซ ตาราง",
    "Workspace": "เวิร์กสเปซ",
    "Credits run out": "เครดิตจะหมด",
    "Buying": "การซื้อ",
    "Used": "ใช้ไป",
    "All": "ทั้งหมด",
    "No workspace has a generation or a credit entry yet. Deliver files to the landing folder; the next "
    "run loads them.": (
        "ยังไม่มีเวิร์กสเปซที่มีการสร้างหรือรายการเครดิต ส่งไฟล์ไปที่โฟลเดอร์ landing แล้วการประมวลผลครั้งถัดไปจะโหลดให้"
    ),
    "others ({count})": "อื่น ๆ ({count})",
    # budgets
    "Budgets": "งบประมาณ",
    # the weekly digest
    "week to {day}": "สัปดาห์ถึง {day}",
    "Most on {reason}: {credits} credits.": "มากที่สุดจาก{reason} {credits} เครดิต",
    "The one thing to change": "สิ่งหนึ่งที่ควรปรับ",
    "Budgets at risk": "งบประมาณที่อาจเกิน",
    "{used} of {budget} in {period}": "ใช้ไป {used} จาก {budget} ใน {period}",
    "the week of {day}": "สัปดาห์ของ {day}",
    "passed on {day}": "เกินงบเมื่อ {day}",
    "passes it on {day} ({range}), {chance} likely": "จะเกินงบใน {day} ({range}) โอกาส {chance}",
    "{expected} expected at its end ({low} to {high}), {chance} likely to pass it": (
        "คาดว่าสิ้นช่วงใช้ {expected} ({low} ถึง {high}) โอกาสเกินงบ {chance}"
    ),
    "{day} or later": "{day} หรือหลังจากนั้น",
    "no price is known for {credits} credits": "ไม่ทราบราคาของ {credits} เครดิต",
    "{credits} credits cost another currency and are not counted": ("{credits} เครดิตเป็นสกุลเงินอื่นและไม่นับรวม"),
    "forecasts of budgets made again on past days, errors in days of mean use": (
        "การพยากรณ์งบประมาณที่ทำซ้ำกับวันที่ผ่านมา ค่าคลาดเคลื่อนเป็นวันของการใช้เฉลี่ย"
    ),
    "{change} against the period before, which used {before}": ("{change} เทียบกับช่วงก่อนหน้าที่ใช้ {before}"),
    # the dashboard
    "Credit usage": "การใช้เครดิต",
    "Nothing is published yet": "ยังไม่มีสิ่งที่เผยแพร่",
    "Run this, then reload the page:": "รันคำสั่งนี้ แล้วโหลดหน้านี้ใหม่:",
    "What is published cannot be read: {error}": "อ่านสิ่งที่เผยแพร่ไม่ได้: {error}",
    "No workspace has a generation or a credit entry yet.": ("ยังไม่มีเวิร์กสเปซที่มีการสร้างหรือรายการเครดิต"),
    "There is no credit ledger.": "ไม่มีบัญชีเครดิต",
    "Credits by day": "เครดิตรายวัน",
    "Choose the last day, too.": "เลือกวันสุดท้ายด้วย",
    "Reason of waste": "สาเหตุของความสูญเปล่า",
    "Period": "ช่วงเวลา",
    "Other dates": "วันอื่น",
    "From and to": "ตั้งแต่และถึง",
    "Generations": "รายการที่สร้าง",
    "Regenerated": "สร้างซ้ำ",
    "Day": "วัน",
    "Share wasted": "สัดส่วนสูญเปล่า",
    "No use in these days.": "ไม่มีการใช้งานในช่วงนี้",
    "No generation of the last 90 days is in this choice.": "ไม่มีรายการของ 90 วันล่าสุดในตัวเลือกนี้",
    "The newest {count}; the CSV has all.": "{count} รายการล่าสุด ไฟล์ CSV มีทั้งหมด",
    "Download as CSV": "ดาวน์โหลดเป็น CSV",
    "Break down by": "แยกตาม",
    "Known of the generations of the last {days} days.": "มีข้อมูลเฉพาะรายการของ {days} วันล่าสุด",
    "Over time": "ตามเวลา",
    "Team": "ทีม",
    "Periods and budgets": "ช่วงเวลาและงบประมาณ",
    "What if": "ลองปรับดู",
    "What changed": "สิ่งที่เปลี่ยนไป",
    "Against the period before": "เทียบกับช่วงก่อนหน้า",
    "By": "ตาม",
    "Spikes": "การใช้ที่พุ่งสูง",
    "New rulesets and templates": "ruleset และเทมเพลตใหม่",
    "Nothing that had been published before.": "ไม่มีสิ่งที่เคยเผยแพร่แล้วเปลี่ยนไป",
    "The period before is {first} to {last}.": "ช่วงก่อนหน้าคือ {first} ถึง {last}",
    "Nothing is known of the period before.": "ไม่มีข้อมูลของช่วงก่อนหน้า",
    "Before": "ก่อนหน้า",
    "Change": "เปลี่ยนแปลง",
    "Change, share": "เปลี่ยนแปลง (สัดส่วน)",
    "No day of the period stands out.": "ไม่มีวันใดในช่วงนี้ที่ผิดไปจากปกติ",
    "What": "อะไร",
    "Usual": "ปกติ",
    "Cause": "สาเหตุ",
    "Alert": "แจ้งเตือน",
    "No ruleset or template was first used in the last 90 days.": (
        "ไม่มี ruleset หรือเทมเพลตที่เริ่มใช้ใน 90 วันล่าสุด"
    ),
    "Kind": "ชนิด",
    "New": "ใหม่",
    "Since": "ตั้งแต่",
    "Instead of": "แทน",
    "Regenerated before": "สร้างซ้ำก่อนหน้า",
    "Quality": "คุณภาพ",
    "Quality before": "คุณภาพก่อนหน้า",
    "single charges": "รายการเดี่ยว",
    "the day": "ทั้งวัน",
    "no": "ไม่",
    "yes": "ใช่",
    "{change} ({before} before)": "{change} (ก่อนหน้า {before})",
    ", {change} against the same days before": " ({change} เทียบกับวันเดียวกันของเดือนก่อน)",
    "{count} generations": "{count} รายการ",
    "nothing used before": "ก่อนหน้าไม่มีการใช้",
    ", nothing on the same days before": " (วันเดียวกันของเดือนก่อนไม่มีการใช้)",
    "Cost": "ค่าใช้จ่าย",
    "Compared with last month: {credits} credits so far in {month}{change}; {before} in all of "
    "{last_month}.": (
        "เทียบกับเดือนที่แล้ว: {month} ใช้ไปแล้ว {credits} เครดิต{change} ส่วน {last_month} ทั้งเดือนใช้ {before}"
    ),
    "no price for {credits}": "ไม่ทราบราคา {credits} เครดิต",
    "What to change": "สิ่งที่ควรปรับ",
    "It could save {saving}.": "อาจประหยัดได้ {saving}",
    "Attempt": "ครั้งที่",
    "of attempts": "จากทั้งหมด (ครั้ง)",
    "Product": "สินค้า",
    "Currency": "สกุลเงิน",
    "What became of it": "ผลของเนื้อหา",
    "Tags": "แท็ก",
    "Source": "แหล่งข้อมูล",
    "Event": "รหัสรายการ",
    "Time, {zone}": "เวลา {zone}",
    "Team members compared": "เปรียบเทียบสมาชิกทีม",
    "Of the last {days} days: members are compared in published periods.": (
        "ของ {days} วันล่าสุด: การเปรียบเทียบสมาชิกมีเฉพาะช่วงเวลาที่เผยแพร่"
    ),
    "Share": "สัดส่วน",
    "Products": "สินค้า (จำนวน)",
    "Mix-adjusted": "เทียบงานชนิดเดียวกัน",
    "Of all that the members did; other filters do not narrow it.": (
        "นับงานทั้งหมดของสมาชิก ตัวกรองอื่นไม่มีผลกับตารางนี้"
    ),
    "Most efficient: {name}, the fewest credits per product among members with enough products to compare.": (
        "คุ้มค่าที่สุด: {name} ใช้เครดิตต่อสินค้าน้อยที่สุดในหมู่สมาชิกที่มีสินค้ามากพอจะเทียบได้"
    ),
    "Credits, divided by what the same fields cost on average; below 1 is better.": (
        "เครดิตหารด้วยค่าเฉลี่ยของช่องแบบเดียวกัน ต่ำกว่า 1 ดีกว่า"
    ),
    "Mean score of first attempts, 0 to 1.": "คะแนนเฉลี่ยของครั้งแรก 0 ถึง 1",
    "{credits} credits on {count} days with use, most on {day}: {most}.": (
        "{credits} เครดิตใน {count} วันที่มีการใช้ มากที่สุดเมื่อ {day}: {most}"
    ),
    "This month": "เดือนนี้",
    "Last month": "เดือนที่แล้ว",
    "Billing period": "รอบบิล",
    "Periods": "ช่วงเวลา",
    "First day": "วันแรก",
    "Last day": "วันสุดท้าย",
    "There are no budgets. Deliver them in the feed budgets.": "ยังไม่มีงบประมาณ ส่งได้ในฟีด budgets",
    "Budget": "งบประมาณของ",
    "of": "จากงบ",
    "Unit": "หน่วย",
    "Share used": "สัดส่วนที่ใช้ไป",
    "Expected at its end": "คาดว่าสิ้นช่วง",
    "from": "ตั้งแต่",
    "to": "ถึง",
    "Chance to pass it": "โอกาสเกินงบ",
    "Passes it on": "เกินงบเมื่อ",
    "Fewer than {least} forecasts could be scored so far.": ("การพยากรณ์ที่ตรวจสอบผลได้ยังไม่ถึง {least} ครั้ง"),
    "Credits in the period before.": "เครดิตในช่วงก่อนหน้า",
    "More filters": "ตัวกรองเพิ่มเติม",
    "Ruleset": "ชุดกฎ (ruleset)",
    "Template": "เทมเพลต",
    "Model": "โมเดล",
    "Locale": "ภาษาของเนื้อหา",
    "Status": "สถานะ",
    "Tag": "แท็ก (คีย์=ค่า)",
    "(no member)": "(ไม่ระบุสมาชิก)",
    "(no team)": "(ไม่มีทีม)",
    "(uncategorised)": "(ไม่มีหมวด)",
    "(none)": "(ไม่มี)",
    "used": "นำไปใช้",
    "iterated": "ปรับแก้ต่อ",
    "wasted": "สูญเปล่า",
    "pending": "รอผล",
    "untracked": "ไม่ติดตาม",
    "refunded": "คืนเครดิตแล้ว",
    "succeeded": "สำเร็จ",
    "failed": "ล้มเหลว",
    "cancelled": "ยกเลิก",
    "timed out": "หมดเวลา",
    "blocked": "ถูกบล็อก",
    "Waste by reason": "ความสูญเปล่าแยกตามสาเหตุ",
    "before the last {days} days": "ก่อน {days} วันล่าสุด",
    "Predict": "พยากรณ์",
    "Move a slider first.": "เลื่อนแถบก่อน",
    "Credits spent on regenerations, change": "เครดิตที่ใช้สร้างซ้ำ เพิ่มหรือลด",
    "Credits saved in 30 days": "เครดิตที่ประหยัดใน 30 วัน",
    "Products at once": "สินค้าที่สร้างพร้อมกัน",
    "on": "ในวันที่",
    "Buy a pack": "ซื้อแพ็ก",
    "ordered on": "สั่งซื้อวันที่",
    "As it is": "ตามที่เป็นอยู่",
    "With the changes": "เมื่อปรับแล้ว",
    "{days} later in the median.": "ค่ากลางของวันหมดช้าลง {days}",
    "{days} earlier in the median.": "ค่ากลางของวันหมดเร็วขึ้น {days}",
    "Team members more or fewer": "สมาชิกทีมเพิ่มหรือลด",
    "Predicting …": "กำลังพยากรณ์ …",
    "none": "ไม่ซื้อ",
    "What is published was made by another release. Run this, then reload the page:": (
        "สิ่งที่เผยแพร่มาจากรุ่นอื่น รันคำสั่งนี้ แล้วโหลดหน้านี้ใหม่:"
    ),
}
