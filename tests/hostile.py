"""A hostile text is a title, a merchant, an id or a name of a picture that tries to be more than text."""

from itertools import product

CALLS = ("alert(1)", "fetch('https://evil.example/')", "location='https://evil.example/'")

MARKUP = (
    "<script>{}</script>",
    "</script><script>{}</script>",
    "<img src=x onerror={}>",
    '"><img src=x onerror="{}">',
    "'><svg onload={}>",
    '" autofocus onfocus="{}" x="',
    "' onmouseover='{}",
    "<svg><animate onbegin={} attributeName=x></svg>",
    "<iframe srcdoc='<script>{}</script>'></iframe>",
    "<body onload={}>",
    "</title><script>{}</script>",
    "</textarea></style></noscript><script>{}</script>",
    "<math><mtext></p><img src=x onerror={}></mtext></math>",
    "<!--<script>{}//-->",
    "--><script>{}</script>",
    "<a href='javascript:{}'>shoe</a>",
    "javascript:{}",
    "data:text/html,<script>{}</script>",
    "{{{{constructor.constructor('{}')()}}}}",
    "${{{}}}",
    "\\x3cscript\\x3e{}",
    "<details open ontoggle={}>",
    "<input onfocus={} autofocus>",
    "<video><source onerror={}></video>",
    "<link rel=stylesheet href='https://evil.example/' onload={}>",
    "<meta http-equiv=refresh content='0;url=javascript:{}'>",
    "<object data='javascript:{}'></object>",
    "<base href='https://evil.example/'><x onclick={}>",
    "<form action='javascript:{}'><button>buy</button></form>",
    "<ScRiPt>{}</sCrIpT>",
    "<style>@import 'https://evil.example/{}'</style>",
    "<a style='background:url(https://evil.example/{})'>",
)

ODD = (
    "{% raw %}{{ run }}{% endraw %}",
    "{{ run.settings }}",
    "{{ ''.__class__ }}",
    "\u2028\u2029 lines",
    "\u202eright to left",
    "zero\u200bwidth",
    "z̷̢̛͎̪̗̣a̵l̶g̷o̴" * 9,
    "𝕊𝕙𝕠𝕖 👟" * 30,
    "null",
    "\x00nul\x07bell",
    "a" * 5000,
    "&lt;b&gt; &amp;amp; &#39;",
    "https://evil.example/?token=secret#/../..",
    "../../../etc/passwd",
    "'; DROP TABLE offers; --",
    "\\",
    "%3Cscript%3E",
    "line\nfeed\r\ntab\t",
    "constructor",
    "__proto__",
)

TEXTS = [text.format(call) for text, call in product(MARKUP, CALLS)] + list(ODD)
