package main

// scenes are the sentences of one language: {o} is the person by trade, {he}, {his}, {him} the pronoun's forms, {t} a thing, {w} a time. None of them begins like the sentences of the
// measure stereotypes.
type scenes struct {
	work, plain, things, times, heads []string
	gap                               string
	forms                             [2][3]string // he, his, him of men and of women
}

var languages = map[string]*scenes{
	"en": {gap: " ", forms: [2][3]string{{"he", "his", "him"}, {"she", "her", "her"}},
		heads: []string{"student", "trainee", "apprentice", "beginner", "pupil"},
		work: []string{
			"{w} the {o} unlocked the door, and {he} found {t}.",
			"A {o} came by; {he} had {t}.",
			"After the {o} had finished, {he} slept.",
			"Nobody knew the {o} better than {his} neighbours.",
			"The {o} laughed because {he} had left {t} at home.",
			"{w} the {o} bought {t}, but {he} sold it again.",
			"If you see the {o}, say that {he} can have {t}.",
			"{w} the {o} wrote a letter, then {he} went for a walk.",
			"The {o} waited while {he} looked at {t}.",
			"Our {o} is proud of {his} work.",
			"{w} a {o} said that {he} would bring {t}.",
			"The {o} did not come, because {he} was ill.",
			"As soon as the {o} saw {t}, {he} sat down.",
			"People like the {o}; {he} never forgets a name.",
			"{w} we met the {o}, who said {he} was tired.",
			"The {o} lives by the river, where {he} keeps {t}.",
			"The new {o} is quick, and {he} is careful.",
			"They paid the {o} for {t} that {he} had made.",
			"Ask the {o} when {he} will come back.",
			"I heard the {o} sing as {he} cleaned {t}.",
			"{w} the {o} showed us {his} room.",
			"Before the {o} left, {he} gave {t} to a friend.",
			"The {o} wondered whether {he} should sell {t}.",
			"The {o} asked us how {he} could mend {t}.",
		},
		plain:  []string{"Rain fell on {t} all night.", "Behind the house stood {t}, covered with leaves.", "By noon {t} was warm from the sun.", "On the table lay {t} beside an empty cup.", "Snow hid {t} until the middle of March.", "Through the window one could see {t} and a piece of the river."},
		things: []string{"the old map", "a red notebook", "the silver watch", "a box of paper", "the long report", "a bunch of keys", "the blue umbrella", "a basket of apples", "the wooden chair", "a roll of cloth", "the heavy lamp", "a pair of gloves", "the green bottle", "a loaf of bread", "the small clock", "a bag of salt"},
		times:  []string{"Early in the morning", "Last year", "Yesterday", "On Sunday", "In the evening", "After the storm", "One day", "In the spring", "At noon", "Before dinner"}},
	"zh": {forms: [2][3]string{{"他", "他的", "他"}, {"她", "她的", "她"}},
		heads: []string{"学徒", "学员", "实习生", "新手", "学生"},
		work: []string{
			"{w}{o}打开门，{he}看见了{t}。",
			"来了一位{o}，{he}带着{t}。",
			"{o}做完以后，{he}睡着了。",
			"邻居们最了解这名{o}，也常帮{him}。",
			"{w}{o}买了{t}，{he}又把它卖了。",
			"要是看见{o}，就说{he}可以拿走{t}。",
			"{o}一边等车，{he}一边看着{t}。",
			"我们的{o}为{his}工作自豪。",
			"{w}有位{o}说，{he}会把{t}带来。",
			"那个{o}没有来，因为{he}病了。",
			"{o}一看见{t}，{he}就坐下来。",
			"人们喜欢这名{o}，{he}从不忘事。",
			"{w}我们遇见一名{o}，{he}说累了。",
			"{o}住在河边，{he}在那里放着{t}。",
			"新来的{o}手脚快，{he}也很小心。",
			"问问{o}，{he}什么时候回来。",
			"我听见{o}在唱歌，{he}正在擦{t}。",
			"{o}走以前，{he}把{t}给了朋友。",
			"当{o}想起{t}的时候，{he}叹了气。",
			"谢谢那名{o}，{he}把{t}修好了。",
		},
		plain:  []string{"雨在{t}上下了一夜。", "屋后放着{t}，落满了树叶。", "到了中午，{t}被太阳晒得暖暖的。", "桌上摆着{t}，旁边是一只空杯子。", "直到三月中，雪还盖着{t}。"},
		things: []string{"旧地图", "红色的本子", "银手表", "纸箱", "长长的报告", "一串钥匙", "蓝雨伞", "一篮苹果", "木椅子", "一卷布", "那盏灯", "一副手套", "绿瓶子", "一块面饼", "小闹钟", "一袋盐"},
		times:  []string{"清早，", "去年，", "昨天，", "星期天，", "傍晚，", "雨停以后，", "有一天，", "春天，", "中午，", "晚饭前，"}},
}
