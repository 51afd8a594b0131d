package boilerplate

import (
	"encoding/json"
	"strings"
	"testing"

	"winnow/internal/shared"
)

func TestLine(t *testing.T) {
	for _, c := range []struct {
		want  Kind
		lines []string
	}{
		{Menu, []string{"Home | About us | Shop | Contact", "首页 > 新闻中心 > 正文", "Home  News  Blog  Forum", "网站首页 | 产品中心 | 联系我们", "您的位置：首页 > 人工智能"}},
		{Copyright, []string{"Copyright © 2019 Some Company Ltd. All rights reserved.", "© 2021 Example", "版权所有 © 2010-2020 某某网", "京ICP备12345678号-1 京公网安备11010802020000号", "未经授权不得转载，违者必究"}},
		{Notice, []string{"This site uses cookies to improve your experience. Accept all cookies", "Please enable JavaScript to view this page.", "您的浏览器版本过低，请升级浏览器"}},
		{Share, []string{"Share this article: Facebook Twitter Email", "分享到：微信 新浪微博 QQ空间 豆瓣", "扫一扫，关注公众号", "Share on Facebook"}},
		{More, []string{"Read more >>", "« Previous post | Next post »", "阅读更多>>", "上一篇：某地举办春季运动会", "下一篇：没有了", "相关文章", "You may also like"}},
		{Credit, []string{"责任编辑：李四", "文章来源：某某日报 作者：张三", "Filed under: Health, Food"}},
		{Form, []string{"Leave a comment", "Your email address will not be published. Required fields are marked *", "请登录后发表评论", "Sign up for our newsletter"}},
		{Ad, []string{"Advertisement", "广告"}},
		{Farm, []string{"感兴趣的朋友跟随小编一起来看看吧！", "以上就是本文的全部内容，希望对大家的学习有所帮助，也希望大家多多支持。", "本文主要介绍如何做饭，需要的朋友可以参考下，希望对大家有一定的参考价值"}},
		{None, []string{"", "Home", "Contact", "Introduction", "News of the day reached us late.", "He read more books than anyone else in the village, and wrote two.", "She had to share the room with her sister.",
			"首页设计应当简洁，突出主要内容，不要放太多的链接。", "本法所称劳动者，是指……", "第一章 总则", "编辑部设在北京。", "Copyright law protects the expression of an idea and not the idea itself, as the court has held in many cases before.",
			"Cookies are small files that a server leaves on a reader's machine.", "The next page of the manual shows how the valve is opened.", "来源广泛", "| name | age |", "```go", "评论区里大家都在讨论这件事，有人赞成，有人反对。", "What causes high blood pressure?", "请问这个病该怎么治疗？", "1 | 2 | 3"}},
	} {
		for _, line := range c.lines {
			if got := Line([]byte(line)); (got == None) != (c.want == None) {
				t.Errorf("%q is %q, want %q", line, got, c.want)
			}
		}
	}
}

// TestQualityBenchLines counts the lines of clean text that are taken for furniture.
func TestQualityBenchLines(t *testing.T) {
	for _, lang := range []string{"en", "zh"} {
		n, wrong := 0, 0
		for line := range strings.Lines(string(shared.Open(t, "bench/"+lang+".jsonl.zst"))) {
			var row struct{ Text string }
			if err := json.Unmarshal([]byte(line), &row); err != nil {
				t.Fatal(err)
			}
			for l := range strings.Lines(row.Text) {
				if strings.TrimSpace(l) == "" {
					continue
				}
				n++
				if k := Line([]byte(l)); k != None {
					if wrong++; wrong < 40 {
						t.Logf("%s: %s", k, strings.TrimSpace(l))
					}
				}
			}
			if n > 60000 {
				break
			}
		}
		t.Logf("%s: %d of %d lines", lang, wrong, n)
		if wrong*1000 > 2*n {
			t.Errorf("%s: %d of %d clean lines are taken for furniture, want at most 2 in 1000", lang, wrong, n)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add([]byte("Home | Log in"))
	f.Add([]byte("版权所有 \xff"))
	f.Fuzz(func(t *testing.T, line []byte) {
		if k := Line(line); int(k) >= len(kindNames) {
			t.Fatal(k)
		}
	})
}
