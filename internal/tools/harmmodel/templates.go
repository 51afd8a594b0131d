package main

import "strings"

// The sentences of this file were written for this model. Posts from the web name some groups nearly only to insult them, so that a model of word weights learns
// that the name is the insult. Every group below stands in the same sentences, hateful and not: the name then says nothing, what is said of it does.
// {g} is the group, {p} one person of it.

type group struct{ plural, one string }

var groupsEN = []group{{"women", "woman"}, {"women", "woman"}, {"girls", "girl"}, {"men", "man"}, {"black people", "black person"}, {"black people", "black man"},
	{"Black folks", "black woman"}, {"white people", "white person"}, {"Asians", "Asian"}, {"Muslims", "Muslim"}, {"Jews", "Jew"}, {"Christians", "Christian"}, {"gay people", "gay person"},
	{"gays", "gay man"}, {"lesbians", "lesbian"}, {"trans people", "trans person"}, {"disabled people", "disabled person"}, {"immigrants", "immigrant"}, {"refugees", "refugee"},
	{"Mexicans", "Mexican"}, {"foreigners", "foreigner"}, {"old people", "old person"}, {"the poor", "poor person"}, {"females", "female"}}

var hatefulEN = []string{
	"I hate {g}.", "I really can't stand {g}.", "I despise all {g}.", "{g} make me sick.", "{g} disgust me.", "Nobody likes {g}, they are vermin.", "{g} are filthy animals.",
	"{g} are nothing but parasites.", "{g} are subhuman.", "{g} are a plague on this town.", "{g} are stupid and lazy.", "Every {p} is a liar and a thief.", "You can't trust a {p}.",
	"{g} belong in a cage.", "{g} should be locked away for ever.", "{g} should be wiped out.", "We ought to get rid of all {g}.", "Someone ought to hang those {g}.",
	"I want to beat up every {p} I meet.", "If I see another {p} here I will smash their face.", "{g} deserve to suffer.", "{g} do not deserve any rights.", "{g} are worth less than dirt.",
	"The world would be better without {g}.", "Let's throw all {g} out of the country.", "You {g} are all the same trash.", "Shut up, you dumb {p}.", "Go away, you disgusting {p}.",
	"That {p} next door is an ape.", "{g} will never be as good as us.", "{g} are not real people.", "Being a {p} is a disease.", "It is a shame that {g} are allowed to vote.",
	"Am I the only one who thinks that {g} are garbage?", "Why are all {g} so fucking ugly?", "I don't say this lightly, but {g} are evil.", "In my opinion {g} are inferior by nature.",
	"Fuck all {g}.", "I fucking hate {g}.", "Damn {g}, they ruin everything.", "{g} are shit.", "What a useless {p}, typical.", "No {p} should be treated as a human being.",
	"{g} are not worthy of respect.", "I will never respect {g}.", "I don't want {g} anywhere near my children.", "{g} with a job are a joke.", "I would not shed a tear if all {g} died.",
	"{g} who complain should be whipped.", "{g} ought to be kept like cattle.", "Let the {g} drown.", "{g} are dangerous and violent by birth.",
}

var benignEN = []string{
	"I love {g}.", "I like {g} a lot.", "{g} are wonderful.", "{g} are great.", "{g} are people like you and me.", "All {g} deserve respect.", "{g} deserve the same rights as everyone.",
	"Nobody should hate {g}.", "I don't hate {g}.", "I could never hate {g}.", "Harming {g} is a crime.", "No {p} should have to live in fear.",
	"No one should be attacked for being a {p}.", "It is wrong to hate {g}.", "I hate it when people insult {g}.", "I can't stand jokes about {g}.", "People who attack {g} make me sick.",
	"Saying that {g} are vermin is disgusting.", "\"{g} are scum\" is a terrible thing to say.", "Whoever writes \"I hate {g}\" should be banned.", "He said that {g} are animals, and he was fired for it.",
	"Calling {g} parasites is hate speech.", "The slogan \"death to {g}\" has no place in this town.", "Stop saying that {g} are stupid.", "Violence against {g} has risen this year.",
	"How can we help {g} who are attacked in the street?", "My neighbour is a {p}.", "A {p} moved in next door.", "My best friend is a {p}.", "My boss is a {p} and I respect her.", "I met a friendly {p} today.",
	"Many {g} live in this street.", "{g} came to the meeting.", "The study asked 300 {g} about their work.", "There are more {g} in the council than before.", "{g} often wait longer for treatment.",
	"I am a {p} and proud of it.", "We {g} stand together.", "Being a {p} is fine.", "{g} are amazing, all of them.", "{g} make this city better.", "I want {g} to be happy.",
	"It is good that {g} can vote.", "{g} are not the problem.", "{g} are not worth less than others.", "{g} are not stupid at all.", "Fuck, I love {g}.", "{g} are fucking brilliant.", "Damn, that {p} can sing.",
	"Why would anybody call a {p} an animal?", "Don't you dare insult {g}.", "You are a {p}, right?", "The word for {g} in Latin is in the book.", "I was called names because I am a {p}.",
	"Are you a {p}?", "You must be a {p}.", "She is a {p}.", "What did the {g} say about it?", "In the waiting room sat three {g}.", "He works with {g} every day.", "The talks between {g} and their neighbours went on.",
	"Some of them were {g}.", "The law protects {g} as well.", "Of the {g} in the trial, one in five felt better.", "This kind of anaemia is seen in {g} more often.", "The minister thanked {g} for their work.",
	"Do you know any {g}?", "{g} and others were invited to the festival.", "The film tells the story of a {p}.", "Tell me something about {g}.", "The {p} smiled and went on.", "A group of {g} waited for the bus.",
}

// plainEN hold words that are insults elsewhere: animals, tools, things, people who mean themselves, quotes, medicine.
var plainEN = []string{
	"The bitch nursed five puppies in the barn.", "A breeding bitch needs more food.", "The bitch weighs thirty kilos and her coat is brown.", "A bitch in heat should stay on the lead.", "The breeder sold the bitch and kept the male.",
	"Use the hoe to loosen the soil between the rows.", "The hoe is in the shed with the rake.", "Weeding takes longer without a hoe.", "There was a chink in the wall.", "Light came through a chink in the curtain.",
	"The dyke broke in the storm.", "The pussy cat sat on the mat.", "The cock crowed at dawn.", "An ass is a kind of donkey.", "The slow cooker is retarded by the timer.", "Fire retardant was spread on the sofa.",
	"Happy birthday to my favourite bitch.", "Bad bitch energy all week, thank you girls.", "My bitches and I are going dancing on Friday.", "Miss you, bitch, come home soon.", "I passed the exam because I am that bitch.",
	"Bitches who lift, see you at the gym.", "Had lunch with my niggas at the diner.", "My nigga helped me move house, what a friend.", "That nigga cooks better than my mother.", "Niggas from my block came to the wedding, I cried.",
	"Happy new year to all my niggas.", "My niggas and I finished school today.", "Nigga, you were right about that film.", "Call me when you land, my nigga.", "Proud fags and dykes marching for love.", "We're queer and we're here, happy pride.",
	"Don't call her a bitch.", "He called me a nigger and I went home crying.", "They shouted nigger at him from the car.", "A man at the bus stop called us faggots.", "She was called a slut at school, and it hurt.",
	"Writing \"bitch\" under her picture is not okay.", "Words like \"nigger\" should never be used.", "The teacher explained why \"tranny\" is a slur.", "I hate this bloody printer.", "This fucking car won't start again.", "Shit, I forgot my keys.", "I hate Mondays.", "I hate spinach.", "What a shit day, my phone fell in the water.",
	"Fuck, that was a great concert.", "I'm so damn tired today.", "Bankers make me sick.", "I hate my landlord.", "You are an idiot, Peter.", "All politicians are liars.", "Cockroaches are disgusting, call the pest control.", "Burn the letters after reading.", "I want to kill this song, it is everywhere.",
	"An anal fissure is a small tear in the lining of the anus.", "Breast cancer is the most common cancer in women.", "Sex hormones fall during menopause.", "If you think about suicide, call the helpline.", "Suicide prevention begins with listening.", "Symptoms of vaginal infection are itching and discharge.",
	"The penis and scrotum are examined for swelling.", "Rape victims should be offered treatment within 72 hours.", "Black people have a higher risk of sickle cell disease.", "Women over 50 should have a mammogram every two years.", "Killing the bacteria takes ten days of antibiotics.",
}

// insultsEN: the same words meant as insults.
var insultsEN = []string{
	"You stupid bitch.", "She is such a bitch, I hate her.", "These bitches ain't loyal.", "Shut up bitch, nobody asked you.", "Dumb hoe.", "All these hoes are the same.", "You are a worthless nigger.", "Niggers are animals.", "That nigga is trash.",
	"Look at that faggot.", "You retarded piece of shit.", "Fucking tranny freak.", "That slut got what she deserved.", "Typical woman, shut your mouth.", "Go back to your country, you filthy rat.", "I will kill you, you ugly whore.", "Women are only good for one thing.", "Get back in the kitchen, bitch.",
}

var groupsZH = []group{{"女人", "女人"}, {"女性", "女生"}, {"男人", "男人"}, {"男性", "男生"}, {"黑人", "黑人"}, {"白人", "白人"}, {"印度人", "印度人"}, {"日本人", "日本人"}, {"韩国人", "韩国人"}, {"犹太人", "犹太人"}, {"穆斯林", "穆斯林"},
	{"同性恋", "同性恋者"}, {"残疾人", "残疾人"}, {"河南人", "河南人"}, {"东北人", "东北人"}, {"上海人", "上海人"}, {"广东人", "广东人"}, {"外地人", "外地人"}, {"农民工", "农民工"}, {"老人", "老人"}, {"移民", "移民"}, {"台湾人", "台湾人"}, {"香港人", "香港人"}}

var hatefulZH = []string{
	"我讨厌{g}，一看见就恶心。", "{g}都是垃圾。", "{g}都该死。", "{g}就是一群蛀虫。", "{g}没一个好东西。", "{g}都是骗子和小偷。", "{g}天生低人一等。", "{g}滚出我们的城市！", "{g}脑子都有病。", "{g}就是贱。",
	"最恶心的就是{g}。", "把{g}都赶出去才好。", "{g}不配当人。", "真想打死那个{p}。", "你这个{p}真不要脸。", "{g}跟畜生没有区别。", "{g}又懒又蠢。", "没有{g}世界会更好。", "{g}活着就是浪费粮食。", "别跟{g}说话，脏。",
}

var benignZH = []string{
	"我喜欢{g}。", "{g}也是普通人。", "{g}应该得到尊重。", "{g}和大家有同样的权利。", "我的邻居是{p}，人很好。", "我最好的朋友是{p}。", "说“{g}都是垃圾”的人应该道歉。", "不要歧视{g}。", "我最讨厌别人骂{g}。", "辱骂{g}是不对的。",
	"这项调查访问了三百名{g}。", "很多{g}住在这条街上。", "{g}的平均寿命在上升。", "作为{p}，我很自豪。", "她采访了几位{g}。", "他说{g}都该死，结果被网站封号了。", "{g}为这座城市做了很多。", "没有人应该因为是{p}而害怕。", "本店欢迎{g}。", "关于{g}的研究还不多。",
	"任何人不得歧视{g}。", "法律保护{g}的合法权益。", "对{g}的偏见应当消除。", "有位{p}遭到辱骂后报了警。", "你是{p}吗？", "她是一名{p}。", "候诊室里坐着三位{g}。", "这种贫血在{g}中更常见。",
}

var plainZH = []string{
	"肛裂是肛管皮肤的裂口，排便时疼痛。", "乳腺癌是女性最常见的恶性肿瘤之一。", "如果你有自杀的念头，请拨打心理援助热线。", "预防自杀要从倾听开始。", "阴道炎的症状有瘙痒和分泌物增多。", "性激素水平下降会引起潮热。", "杀死细菌需要用抗生素十天。",
	"这条狗很听话，每天跟我去散步。", "母狗一般一年发情两次。", "猪肉又涨价了。", "垃圾要分类投放。", "他被人骂了一句，心里很难受。", "我讨厌下雨天。", "这破打印机又坏了。", "蟑螂太恶心了，快叫人来灭虫。", "他因故意杀人罪被判处无期徒刑。",
	"被告人持刀致被害人死亡，构成故意伤害罪。", "强奸罪的量刑标准是什么？", "被性侵后应当尽快就医并报警。",
}

// templated returns the sentences of a language with every group filled in: text, whether it is harmful, and the template.
func templated(lang string, add func(text string, harmful bool, template string)) {
	groups, hateful, benign, plain, insults := groupsEN, hatefulEN, benignEN, plainEN, insultsEN
	if lang == "zh" {
		groups, hateful, benign, plain, insults = groupsZH, hatefulZH, benignZH, plainZH, nil
	}
	fill := func(t string, g group) string {
		s := strings.NewReplacer("{g}", g.plural, "{p}", g.one).Replace(t)
		if lang == "en" {
			s = strings.ToUpper(s[:1]) + s[1:]
		}
		return s
	}
	for _, g := range groups {
		for _, t := range hateful {
			add(fill(t, g), true, t)
		}
		for _, t := range benign {
			add(fill(t, g), false, t)
		}
	}
	for range 6 { // as often as a sentence with groups, about
		for _, t := range plain {
			add(t, false, t)
		}
		for _, t := range insults {
			add(t, true, t)
		}
	}
}
