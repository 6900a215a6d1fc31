"""Names of countries, cities, products and the like, which are no person's name when they stand alone. Data only, written by hand."""

from __future__ import annotations

import re

_COUNTRIES = """
afghanistan|albania|algeria|andorra|angola|antigua and barbuda|argentina|armenia|australia|austria|azerbaijan|bahamas|bahrain|bangladesh|barbados|belarus|belgium|belize|benin|bhutan|bolivia
|bosnia and herzegovina|bosnia|botswana|brazil|brunei|bulgaria|burkina faso|burundi|cambodia|cameroon|canada|cape verde|central african republic|chile|china|colombia|comoros|congo|costa rica
|croatia|cuba|cyprus|czech republic|czechia|denmark|djibouti|dominican republic|ecuador|egypt|el salvador|equatorial guinea|eritrea|estonia|eswatini|ethiopia|fiji|finland|france|french guiana
|gabon|gambia|germany|ghana|greece|greenland|grenada|guadeloupe|guatemala|guinea-bissau|guinea|guyana|haiti|honduras|hong kong|hungary|iceland|india|indonesia|iran|iraq|ireland|israel|italy|ivory coast
|jamaica|japan|jersey|kazakhstan|kenya|kingdom of the netherlands|kiribati|kosovo|kuwait|kyrgyzstan|laos|latvia|lebanon|lesotho|liberia|libya|liechtenstein|lithuania|luxembourg|macau|madagascar
|malawi|malaysia|maldives|mali|malta|marshall islands|martinique|mauritania|mauritius|mexico|micronesia|moldova|monaco|mongolia|montenegro|morocco|mozambique|myanmar|namibia|nauru|nepal|netherlands
|new zealand|nicaragua|nigeria|niger|north korea|north macedonia|macedonia|norway|oman|pakistan|palau|palestine|panama|papua new guinea|paraguay|people's republic of china|peru|philippines|poland|portugal
|puerto rico|qatar|republic of the congo|reunion|romania|russia|rwanda|saint lucia|samoa|san marino|saudi arabia|senegal|serbia|seychelles|sierra leone|singapore|slovakia|slovenia|solomon islands
|somalia|south africa|south korea|south sudan|spain|sri lanka|sudan|suriname|swaziland|sweden|switzerland|syria|taiwan|tajikistan|tanzania|thailand|togo|tonga|trinidad and tobago|tunisia|turkey
|turkmenistan|tuvalu|uganda|ukraine|united arab emirates|united kingdom|united states of america|united states|uruguay|uzbekistan|vanuatu|vatican city|venezuela|vietnam|yemen|zambia|zimbabwe
|england|scotland|wales|northern ireland|usa|uk|uae|deutschland|österreich|schweiz|españa|italia|frankreich|brasil|méxico|nederland|polska|sverige|norge|danmark|suomi
"""
_ONE_WORD = """
amsterdam ankara antwerp athens atlanta auckland baghdad baltimore bangkok barcelona basel beijing beirut belfast belgrade bergen berlin bern bilbao birmingham bogota bologna bombay bordeaux boston
bratislava bremen brisbane bristol brussels bucharest budapest calgary canberra caracas casablanca chennai chicago cincinnati cologne copenhagen dakar damascus delhi detroit dortmund dresden dubai dublin
durban edinburgh edmonton eindhoven essen frankfurt gdansk geneva genoa ghent glasgow gothenburg graz hamburg hanoi hanover havana helsinki honolulu houston hyderabad istanbul jakarta jerusalem
johannesburg karachi kiev krakow kyiv kyoto lagos lausanne leeds leipzig lille lima lisbon liverpool ljubljana london lyon madrid malmo manchester manila marseille melbourne memphis miami milan
milwaukee minneapolis minsk montevideo montreal moscow mumbai munich nagoya nairobi naples nashville newcastle nice nuremberg odessa osaka oslo ottawa palermo paris perth philadelphia phoenix pittsburgh
porto portland prague quebec reykjavik riga rome rotterdam sacramento salzburg santiago sarajevo seattle seoul seville shanghai sheffield sofia stockholm strasbourg stuttgart sydney taipei tallinn tampa
tehran thessaloniki tokyo toledo toronto toulouse trondheim tunis turin utrecht valencia vancouver venice vienna vilnius warsaw washington wellington winnipeg wroclaw zagreb zurich texas california
florida nevada arizona ohio oregon colorado michigan illinois massachusetts minnesota missouri wisconsin tennessee kentucky louisiana alabama oklahoma connecticut maryland pennsylvania europe africa asia
america bavaria tuscany catalonia scandinavia
airtable alexa alipay amazon android angular ansible apache apple asana atlassian auth0 aws azure bash bing bitbucket bitcoin bluetooth bootstrap buildkite bugsnag bun bubble caddy calendly canva carrd cassandra chatgpt
chrome chromium claude clickhouse cloudflare codepen confluence consul contentful copilot cron css curl daemon datadog debian deno discord discourse django docker dockerfile dotnet dropbox drupal ecto edge
elasticsearch electron elixir elm envoy erlang ethereum excel expo facebook fastly fedora figma firebase firefox flask flutter framer freshdesk gatsby gemini ghost git github gitlab gitpod gmail golang google
gpt grafana graphql gunicorn hasura haskell heroku homebrew hubspot hugo instagram intercom ios ipad iphone java javascript jekyll jenkins jetpack jira joomla jquery julia jupyter kafka keycloak klarna kotlin kubernetes
lambda laravel lemonsqueezy linkedin linux lua macos magento mailchimp mailgun mastodon mattermost maven memcached messenger microsoft minio mongo mongodb mozilla mqtt mysql nagios netlify nextjs nginx node notion
npm nuxt okta ollama openai oracle outlook pandas paypal perl phoenix php pinterest podman postgres postgresql powershell prisma prometheus puppeteer python pytorch rails react reddit redis redshift remix ruby
rust safari salesforce sass scala sentry sequel shopify signal siri skype slack snowflake solr spark splunk spotify spring sqlite squarespace storybook stripe supabase svelte swift symfony tableau tailwind
telegram tensorflow terraform tiktok tigris tizen traefik trello twilio twitch twitter typescript ubuntu unix upstash valkey vercel vite vue webflow webpack whatsapp wikipedia windows wix woocommerce wordpress
xero yarn yoast youtube zapier zendesk zoho zoom litefs litestream celery sidekiq kamal puma oban liveview livewire inertia
dockerfiles yaml json html xml api sdk url uri sql ssl tls dns tcp udp http https ssh ftp vpn cdn cpu gpu ram ssd usb pdf csv png jpg gif svg faq crm erp seo kpi
"""
COUNTRIES = frozenset(name.strip() for name in _COUNTRIES.replace("\n", "").split("|"))
NO_PERSON = COUNTRIES | frozenset(_ONE_WORD.split())
COUNTRY = re.compile(r"(?:the )?(?:" + "|".join(sorted(map(re.escape, COUNTRIES), key=len, reverse=True)) + r")(?!\w)", re.IGNORECASE)
