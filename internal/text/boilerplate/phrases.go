package boilerplate

import (
	"strings"
	"unicode/utf8"
)

// strength says how much a phrase needs beside it.
type strength uint8

const (
	loose strength = iota // an everyday word that menus are made of
	firm                  // the words of a button or a label
	sure                  // said by no sentence of content
)

type phrase struct {
	text     string
	kind     Kind
	strength strength
	opens    bool // only at the beginning of a line
}

// lists holds the phrases by kind and strength, in lower case, separated by commas. A phrase after ^ counts only at the beginning of a line.
var lists = []struct {
	kind     Kind
	strength strength
	words    string
}{
	{Menu, loose, "home,home page,log in,login,log out,sign in,sign out,register,contact,contact us,about,about us,faq,help,sitemap,site map,search,news,blog,forum,shop,store,cart,my account,account,careers,jobs,press,support,downloads,archive,archives,categories,category,services,products,gallery,events,videos,menu,more,advertise,subscribe,newsletter,terms,terms of use,terms of service,privacy,privacy policy,cookie policy,legal,imprint,feedback,rss,accessibility,english,language"},
	{Menu, loose, "首页,主页,登录,登陆,注册,退出,联系我们,关于我们,网站地图,帮助,帮助中心,论坛,博客,新闻,专题,视频,图片,下载,搜索,会员中心,个人中心,在线留言,加入我们,招聘,合作伙伴,友情链接,产品中心,新闻中心,服务支持,意见反馈,购物车,我的订单,客服,手机版,电脑版,旧版,英文版,简体中文,繁體中文,广告服务,法律声明,隐私政策,用户协议,服务条款,更多,导航,栏目,频道,人才招聘,诚聘英才,站点地图,设置,收藏,正文"},
	{Menu, firm, "skip to content,skip to main content,skip to navigation,toggle navigation,main menu,back to top,return to top,jump to navigation,设为首页,加入收藏,返回首页,返回顶部,回到顶部,网站首页,您的位置,您现在的位置,当前位置,您当前的位置,返回列表,回首页,联系客服"},

	{Copyright, sure, "all rights reserved,版权所有,保留一切权利,保留所有权利,版权归原作者所有,转载请注明出处,转载请注明来源,转载请注明,未经授权不得转载,未经许可不得转载,未经允许不得转载,未经书面授权,禁止转载,京公网安备,公网安备,icp备,icp证,icp许可证,增值电信业务经营许可证,互联网新闻信息服务许可证,信息网络传播视听节目许可证,本站所有文章,本站内容来自网络,本站部分内容来自互联网,如有侵权请联系,侵权必究,侵权删除,如有侵权"},
	{Copyright, firm, "copyright,copyright ©,copyright (c),©,(c),may not be reproduced,powered by,proudly powered by,theme by,designed by,reproduction in whole or in part,免责声明,版权声明,技术支持,主办单位,承办单位,备案号,网站备案,违法和不良信息举报,不良信息举报,举报电话,举报邮箱,建议使用ie"},

	{Notice, sure, "we use cookies,uses cookies,use of cookies,accept cookies,accept all cookies,cookie settings,cookie preferences,manage cookies,enable javascript,javascript is disabled,javascript is required,requires javascript,turn on javascript,javascript must be enabled,your browser does not support,please upgrade your browser,please update your browser,您的浏览器不支持,您的浏览器版本过低,请升级浏览器,请启用javascript,请开启javascript,本网站使用cookie,我们使用cookie,使用 cookie"},
	{Notice, firm, "privacy policy,our privacy policy,terms of use,terms of service,cookie policy,隐私政策,服务条款,用户协议,cookie政策"},

	{Share, sure, "share on facebook,share on twitter,share on linkedin,share on pinterest,share via email,share this article,share this post,share this page,share this story,share with friends,click to share,tweet this,pin it,follow us on,follow us,like us on facebook,分享到,分享至,分享给好友,一键分享,扫一扫,扫描二维码,长按二维码,识别二维码,关注公众号,关注我们,微信公众号,官方微信,官方微博,点击关注"},
	{Share, firm, "^share,tweet,retweet,分享:,转发,点赞,朋友圈,复制链接,阅读数,浏览次数,阅读量"},
	{Share, loose, "share,shares,likes,views,facebook,twitter,linkedin,pinterest,reddit,whatsapp,instagram,youtube,tumblr,google+,telegram,email,e-mail,print,微信,微博,新浪微博,腾讯微博,qq空间,qq好友,qq,人人网,豆瓣,打印,阅读,浏览,评论,收藏,赞"},

	{More, sure, "read more,read the full article,read the full story,read full story,click here to read,read also,see also:,related articles,related posts,related stories,you may also like,you might also like,recommended for you,more stories,most popular,most read,trending now,load more,show more,view more,next article,previous article,next post,previous post,older posts,newer posts,阅读更多,查看更多,更多>>,更多精彩,点击查看更多,展开全文,阅读全文,查看全文,阅读原文,点击阅读,上一篇,下一篇,相关文章,相关阅读,相关推荐,相关新闻,相关链接,相关专题,推荐阅读,延伸阅读,热门推荐,热门文章,热点推荐,猜你喜欢,为你推荐,为您推荐,最新文章,精彩推荐,大家都在看"},
	{More, loose, "next,previous,prev,more from"},
	{More, firm, "continue reading,learn more,find out more,click here,see all,view all,next page,previous page,last page,first page,下一页,上一页,上一章,下一章,上一条,下一条,首页,末页,尾页,返回目录,点击下载,点击查看,点击进入,查看详情,了解更多,没有了,加载更多"},

	{Credit, sure, "filed under,posted in,posted by,tagged with,责任编辑,本文编辑,文章来源,稿件来源,信息来源,来源：网络,来源:网络,文章标签,本文标签,发布时间,发表时间,更新时间,发布日期,责编"},
	{Credit, firm, "last updated,last modified,published on,^tags:,^tag:,^categories:,编辑:,作者:,来源:,标签:,^关键词:,^关键字:,审核:,校对:,^记者:,^通讯员:,^编审:,^监制:,点击数"},
	{Credit, loose, "written by,小编,网络,佚名"},

	{Form, sure, "leave a comment,leave a reply,post a comment,add a comment,your email address will not be published,required fields are marked,log in to comment,login to comment,sign in to comment,log in to post,log in to reply,to post a comment,view the comments,subscribe to our newsletter,sign up for our newsletter,sign up for our,join our newsletter,join our mailing list,enter your email,create an account,forgot your password,forgot password,already have an account,notify me of new comments,comments are closed,no comments yet,be the first to comment,发表评论,我要评论,暂无评论,登录后评论,登录后发表,登录后才能,请登录后,文明上网,网友评论,全部评论,最新评论,评论仅代表,忘记密码,记住密码,自动登录,免费注册,立即注册,请先登录,还没有账号,验证码,提交评论,写评论"},
	{Form, loose, "password,username,remember me,comment,提交,评论,submit"},
	{Form, firm, "comments,reply,subscribe,unsubscribe,sign up,add to cart,add to wishlist,buy now,checkout,条评论,回复,立即购买,加入购物车,立即下载,下载app,下载客户端,打开app"},

	{Ad, firm, "^advertisement,advertisements,advertising,sponsored,sponsored content,sponsored by,promoted,promoted content,paid content,ad choices,adchoices,story continues below,article continues below,广告,推广,赞助商,商业推广,限时优惠,点击抢购"},

	{Farm, sure, "小编一起,小编来,跟随小编,跟着小编,随着小编,就介绍到这,就介绍到此,就讲到这,就分享到这,文章就到这,一起来看看吧,一起看看吧,一起来了解,一起学习吧,希望对大家,希望能帮助到,希望能对大家,希望能够帮助,希望对你,希望对您,对大家有所帮助,对大家有一定的,一定的参考,参考价值,参考学习价值,有所帮助,感兴趣的朋友,感兴趣的小伙伴,需要的朋友,需要的开发者,需要的小伙伴,更多相关,请持续关注,请继续关注,请关注我们,希望大家以后多多支持,多多支持,感谢阅读,感谢您的阅读,感谢大家的支持,谢谢大家的支持,我们推荐的文章,本文主要介绍,本篇文章主要介绍,这篇文章主要介绍,本文给大家,本文将为大家,给大家介绍,给大家分享,为大家介绍,为大家分享,为大家带来,给大家带来,以上就是,这篇关于,关于我们分享的,的文章就介绍"},
}

func phrases() []phrase {
	var out []phrase
	seen := map[string]int{}
	for _, l := range lists {
		for w := range strings.SplitSeq(l.words, ",") {
			p := phrase{kind: l.kind, strength: l.strength}
			p.text, p.opens = strings.CutPrefix(w, "^")
			if label, ok := strings.CutSuffix(p.text, ":"); ok && label[0] >= utf8.RuneSelf { // Chinese has a colon of its own
				wide := p
				wide.text = label + "："
				out = append(out, wide)
			}
			if i, ok := seen[p.text]; ok { // the surer of two entries holds, and one that may stand anywhere
				if out[i].strength <= p.strength && !p.opens {
					out[i] = p
				}
				continue
			}
			seen[p.text] = len(out)
			out = append(out, p)
		}
	}
	return out
}
