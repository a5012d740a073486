"""What is said of everything that can be wrong with a policy file, in English and in Chinese, with the mend."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "file_missing": ("the file is not there; add it", "文件不存在;请补上"),
    "leads_out": (
        "this link leads out of the folder and is not followed; put the file itself here",
        "该链接指向本文件夹之外,不予读取;请将文件本身放在此处",
    ),
    "not_yaml": ("this is not YAML ({problem}); mend the line", "不是有效的 YAML({problem});请改正此行"),
    "no_such_day": ("there is no day {day}; correct the date", "没有 {day} 这一天;请改正日期"),
    "unknown_key": (
        "this key is not known here; remove it or use one of {known}",
        "此处没有这个键;请删去,或改用 {known} 之一",
    ),
    "missing_key": ("the key is missing; add it", "缺少这个键;请补上"),
    "wrong_value": ("the value does not fit ({problem}); mend it", "值不合要求({problem});请改正"),
    "unknown_unit": (
        "the unit {unit} has no label; use a known unit or add it to labels.yaml",
        "单位 {unit} 没有标签;请改用已有单位,或在 labels.yaml 中补上",
    ),
    "unlabelled": (
        "{code} has no label in Chinese and English; add it to labels.yaml",
        "{code} 没有中英文标签;请在 labels.yaml 中补上",
    ),
    "unknown_document": (
        "no document is called {document} here; declare it or correct the name",
        "没有名为 {document} 的文件;请先声明,或改正名称",
    ),
    "source_missing": (
        "the source text {source} is not there; put it beside this file or in docs/sources",
        "找不到原文 {source};请放在本文件旁或 docs/sources 中",
    ),
    "quotation_not_found": (
        "these words are not in {source}; copy the sentence of the document exactly",
        "这段话不在 {source} 中;请逐字照抄原文",
    ),
    "quotation_empty": ("the quotation is empty; copy the sentence of the document", "引文为空;请抄录原文句子"),
    "unknown_kind": ("no formula is called {kind}; use one of {known}", "没有名为 {kind} 的公式;请用 {known} 之一"),
    "unknown_slot": (
        "the formula {kind} asks for no {slot}; remove it or use one of {known}",
        "公式 {kind} 不需要 {slot};请删去,或改用 {known} 之一",
    ),
    "missing_slot": (
        "the formula {kind} needs {slot}; name the parameter that holds it",
        "公式 {kind} 需要 {slot};请写明由哪个参数提供",
    ),
    "one_parameter": ("{slot} takes one parameter; name it without brackets", "{slot} 只用一个参数;请去掉方括号"),
    "unknown_parameter": (
        "there is no parameter {parameter}; declare it or correct the name",
        "没有参数 {parameter};请先声明,或改正名称",
    ),
    "slot_kind": (
        "{parameter} is of kind {given}, here {wanted} is needed; change one of them",
        "{parameter} 的类型是 {given},此处需要 {wanted};请改其一",
    ),
    "unknown_column": (
        "there is no column {column}; use one of {known}, or declare it under inputs",
        "没有列 {column};请用 {known} 之一,或在 inputs 中声明",
    ),
    "test_shape": ("the test {test} needs the key {needed}; add it", "条件 {test} 需要键 {needed};请补上"),
    "column_taken": (
        "the column {column} is there already, or begins with _; choose another name",
        "列 {column} 已经存在,或以 _ 开头;请换一个名称",
    ),
    "column_type": (
        "the column {column} holds {given}, here {wanted} is read; name another column",
        "列 {column} 的内容是 {given},此处要读 {wanted};请改用其他列",
    ),
    "test_excess": (
        "the test {test} does not read the key {key}; remove it",
        "条件 {test} 不读取键 {key};请删去",
    ),
    "slot_unit": (
        "{parameter} is in {unit}, {slot} takes {wanted}; correct the unit or name another parameter",
        "{parameter} 的单位是 {unit},{slot} 需要 {wanted};请改正单位,或改用其他参数",
    ),
    "test_unit": (
        "{parameter} is in {unit}, the test {test} takes {wanted}; correct the unit or name another parameter",
        "{parameter} 的单位是 {unit},条件 {test} 需要 {wanted};请改正单位,或改用其他参数",
    ),
    "column_unit": (
        "{parameter} is in {unit}, the column {column} holds {given}; correct the unit or name another parameter",
        "{parameter} 的单位是 {unit},列 {column} 的内容是 {given};请改正单位,或改用其他参数",
    ),
    "units_differ": (
        "{parameter} is in {unit}, {other} compares the column {column} in {given}; correct one of the units",
        "{parameter} 的单位是 {unit},而 {other} 按 {given} 比较列 {column};请改正其中一个单位",
    ),
    "choice_unread": (
        "nothing is said for the choice {choice}; the choices are {known}; say what it asks, or remove it there",
        "没有写明选择 {choice} 时如何处理;已写明 {known};请补上,或在参数中删去",
    ),
    "list_cut": (
        "{members} must stay on the list of {clause}; a district may add to it, not cut it",
        "{clause} 的名单须保留 {members};县(市、区)可以增加,不得减少",
    ),
    "unread": (
        (
            "no formula, condition or mapping reads {parameter}, so deciding it changes nothing; name it under a"
            " programme, or say in for_people who reads it and what for"
        ),
        "没有公式、条件或对照读取 {parameter},如何规定都不起作用;请由项目引用,或在 for_people 中写明由谁为何而读",
    ),
    "read_after_all": (
        "{reader} reads {parameter}, so it is not for people alone; remove for_people",
        "{reader} 读取 {parameter},并非只供人阅读;请删去 for_people",
    ),
    "awaited_unread": (
        (
            "the programme waits for {parameter} ({known}) and carries out none or all of it alike; leave the one"
            " choice that is carried out, let a formula read it, or say in for_people who acts on it"
        ),
        (
            "项目等待 {parameter}({known}),但如何选择结果都一样;请只留能够执行的一种,或由公式读取,或在 for_people"
            " 中写明由谁执行"
        ),
    ),
    "not_optional": (
        "{parameter} is optional, but nothing can be calculated here without it; remove optional",
        "{parameter} 标为可以不定,但此处没有它无法计算;请删去 optional",
    ),
    "unfilled": (
        (
            "no source fills the column {column}: {source} gives {known}; name another column, or take the facts from"
            " an application"
        ),
        "列 {column} 没有来源:{source} 提供 {known};请改用其他列,或改由申请提供事实",
    ),
    "reason_taken": (
        "the code {code} is a reason already; choose another code",
        "原因代码 {code} 已被使用;请换一个代码",
    ),
    "no_limit": (
        "a parameter of kind {kind} has no floor and no ceiling; write exact or decision",
        "类型为 {kind} 的参数没有下限或上限;请写 exact 或 decision",
    ),
    "key_type": (
        "the key {key} is a {given}, this column holds {wanted}; mend the key",
        "键 {key} 属于 {given},该列的内容是 {wanted};请改正",
    ),
    "empty_value": (
        "the value is empty; fill it in, or leave values empty while nobody has decided",
        "值为空;请填写,尚未决定的请将 values 留空",
    ),
    "band_reversed": (
        "the band ends before it begins; correct at_least or at_most",
        "该档的上限低于下限;请改正 at_least 或 at_most",
    ),
    "value_kind": (
        "a parameter of kind {kind} is given by the key {wanted}; use that key and no other",
        "类型为 {kind} 的参数用键 {wanted} 给值;请只用这个键",
    ),
    "too_many_places": (
        "{value} has more than two decimal places; write money in whole fen and factors in whole percent",
        "{value} 的小数超过两位;金额精确到分,倍数精确到百分之一",
    ),
    "not_whole": ("{value} {unit} is not a whole number; write a whole number", "{value} {unit} 不是整数;请写整数"),
    "negative": ("{value} is below zero; write zero or more", "{value} 小于零;请写零或正数"),
    "over_whole": (
        "{value} percent is more than the whole; write 100 or less, or use the unit factor or percent for a rate",
        "{value}% 超过全部;请写 100 以内的数,不是份额的比率请用单位 factor 或 percent",
    ),
    "split_over_whole": (
        "the shares together are {total} percent; correct them to 100 or less",
        "各方比例合计为 {total}%;请改正,合计不得超过 100",
    ),
    "unknown_choice": (
        "{choice} is not among the choices; use one of {known}",
        "{choice} 不在可选项中;请用 {known} 之一",
    ),
    "bands_overlap": (
        "the band from {at} overlaps the one before; let it begin after it",
        "自 {at} 起的档与前一档重叠;请使其在前一档之后开始",
    ),
    "bands_end": (
        "the scale ends at {at}, and nobody older gets anything; leave at_most out of the last step",
        "该标准止于 {at} 岁,更年长的将分文没有;请删去最后一档的 at_most",
    ),
    "bands_gap": ("the bands leave a gap before {at}; close it", "{at} 之前的档位有空缺;请补上"),
    "dates_reversed": (
        "the value ends before it begins; correct since or until",
        "结束日早于开始日;请改正 since 或 until",
    ),
    "dates_overlap": (
        "the value begins on {since} while the one before still runs; end that one the day before",
        "该值自 {since} 起,而前一值尚未结束;请把前一值的结束日定在前一天",
    ),
    "dates_gap": (
        "no value is in force from {start} to {end}; close the gap",
        "{start} 至 {end} 之间没有值;请补齐",
    ),
    "inside_month": (
        "a monthly value begins on {since}; let it begin on the first day of a month",
        "按月的值自 {since} 起;请定在某月一日开始",
    ),
    "no_decision": (
        "the parameter has no value; add missing_decision and decided_by so that people see what is undecided",
        "该参数没有值;请写明 missing_decision 和 decided_by,让人知道缺什么决定",
    ),
    "under_floor": (
        "{value} is under the floor of {floor} ({clause}); a district may raise it, not undercut it",
        "{value} 低于下限 {floor}({clause});县(市、区)可以提高,不得降低",
    ),
    "over_ceiling": (
        "{value} is over the ceiling of {ceiling} ({clause}); a district may lower it, not exceed it",
        "{value} 高于上限 {ceiling}({clause});县(市、区)可以降低,不得超过",
    ),
    "not_to_change": (
        "{parameter} is fixed exactly by {clause}; remove the local value",
        "{parameter} 由 {clause} 明确规定;请删去本地值",
    ),
    "unknown_programme": (
        "there is no programme {programme} here; use one of {known}",
        "此处没有补贴项目 {programme};请用 {known} 之一",
    ),
    "pair_of_one": (
        "{programme} is put beside itself; take it out on one side",
        "{programme} 与自身成对;请从一侧删去",
    ),
    "pair_twice": (
        "{rule} says already how {a} and {b} go together; keep one of the two rules",
        "{rule} 已经规定 {a} 与 {b} 如何叠加;请只留一条",
    ),
    "target_value": (
        "op is {op} and value is {value}; write a comparison with a figure, or op none with value null",
        "op 为 {op} 而 value 为 {value};有数的目标要写比较方式,没有数的 op 写 none、value 写 null",
    ),
    "target_assumed": (
        "no last day of a year is assumed here; let due_on be 31 December, or remove year_end_assumed",
        "此处并非推定的年末;请将 due_on 定在 12 月 31 日,或删去 year_end_assumed",
    ),
    "due_text_missing": (
        "the day {due_on} comes from nowhere; add due_text as the document prints it",
        "日期 {due_on} 没有出处;请照原文补上 due_text",
    ),
    "due_text_not_found": (
        "these words are not in {source}; copy the date as the document prints it",
        "这些字不在 {source} 中;请照原文抄录日期",
    ),
    "outside": (
        "the district {region} does not lie in {city}; correct region or of",
        "{region} 不在 {city} 之内;请改正 region 或 of",
    ),
    "unknown_region": ("there is no region {region}; correct the code", "没有区划代码 {region};请改正"),
    "unknown_parent": (
        "there is no pack {parent} to inherit from; correct the name",
        "没有可继承的 {parent};请改正名称",
    ),
    "cycle": ("{chain} inherits from itself; remove one of the links", "{chain} 继承成环;请去掉其中一环"),
    "twice": ("{name} is declared twice; keep one", "{name} 重复声明;请只留一处"),
}
