"""What only looks personal survives: order numbers, versions, amounts, dates, ports and the like, because answers are made of them."""

from __future__ import annotations

import pytest

from glassine.rules.redaction import redact
from glassine.words.privacy import Known, Policy

SURVIVORS = """
My order 123456789012 has not arrived
order #4155552671 and order no. 98765432101
Order ID: 4839-2201-77, invoice INV-2024-00123, quote Q/2024/881
Bestellnummer 302-1234567-7654321, Rechnung RE-20240115-77
commande n° 20240115123, pedido 998877665544
I want to cancel purchase 113542617735902
Tracking 1Z999AA10123456784 says delivered
Tracking number 9400 1000 0000 0000 0000 00
Sendungsnummer 00340434161094042557
RMA 77120034, ticket #5512345, case 00123456, ref 8812-AA
booking reference XK7PQ2, flight LH1234, seat 23A, gate B12, room 4021
SKU AB-12345-C, part number 90-210-3344, model WH-1000XM5, item 12345678
serial number C02XK1ZAJG5H, batch L20240115, lot 99812
ISBN 978-3-16-148410-0, EAN 4006381333931, ISSN 0024-9319, DOI 10.1000/182
UPC 036000291452, ASIN B08N5WRWNW
version 1.2.3.4, v10.15.7, Windows 10.0.19045, Chrome/120.0.0.0, iOS 17.2.1
Python 3.11.7, node 20.11.0, build 22621.2861, release 2024.01.15
commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904 and a1b2c3d
sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
UUID 123e4567-e89b-12d3-a456-426614174000
error 0x80070057, HTTP 404, code 5001, ERR-1022, exit code 137
port 8080 and 443, localhost:3000, 127.0.0.1 and ::1, 255.255.255.0, 0.0.0.0:8000
$1,234,567.89 or 1.234.567,89 € or 1 234 567 kr or 12 345,67 zł
I paid 1200.50 and 1300.75 and got 2450.25 back
CHF 1'250.00, USD 99.99, 45,000 INR, £12.50, 100%, 3.5 %
the total is 1234.56, was 2345.67, 10.123 per unit and 23.456 per box
2024-01-15 10:30:00, 12/31/2024, 15.01.2024, 20240115103000, 2019-2023
between 1 March 2024 and 3 April 2024, on 15 Jan, at 10:30 am, 24/7
my card expires 12/26, my subscription ends on 01.02.2025
delivered on 3 July 2023, ordered 2023-06-28T14:22:05Z
Q3 2024, week 32, FY2023/24, 1990s
4-5 business days, 30 days, 2-3 weeks, 10-15 minutes
XPS 13 9310, RTX 4090, iPhone 15 Pro Max 256GB, USB 3.2 Gen 2x2
1920x1080, 2560 x 1440, 16:9, 4K60, 300 dpi
10023 and 10024 are rows, 5000 requests, 1200000 rows, 65536 bytes
12 x 34 cm, 1.75 m, 70 kg, 5 ft 11, 220 V, 3000 mAh, 15 W
std::vector at 12:30:45, 10:20:30:40, aspect 4:3:2
5 of 10, 1/2, 3/4, 1:1000, 10^6, 1e-9, 3.14159265358979
the answer is 42, I have one two or three questions
one of two, seven days a week, nine to five, four five-star reviews
two three-day weekends and one four-day week in six months
my password is not working, the password field is required, reset password: click here
I forgot my PIN, the code is wrong, my passcode does not work
API key rotation, token expired, invalid credentials, secret manager
https://example.com/path?page=2&sort=name#top
https://shop.example.com/product/12345678?variant=87654321
use @media and a@b, git@github.com:org/repo.git, @types/node@18.2.0
foo@1.2.3, user@host, 50% off @ checkout
passport is required to travel, my driving licence expired last year
is a passport enough, the ID card does not scan, what tax do I pay
social security question, tax return 2023, VAT is 19 percent, 20% VAT
your bank account was charged, the routing of the parcel, swift delivery
the account number is not shown, where is my account number
I was born to shop, birthday gift on 12 May, a newborn set of 2024
happy birthday to you, birthday discount until 2024-05-01
plate 4 is broken, a set of 6 plates, registration is open until 5 May
licence plate holder 30 cm, matricula abierta
MAC address filtering, an Apple Mac mini, IMEI blacklist, the VIN is missing
geo targeting, location settings, latitude and longitude are unknown
zip file, zip code is required, post code field, pin code not received
PAN card not accepted, RFC 7231, RFC 2616 section 10, NIP 5 words
The CIF terms, an SSN field, the NIE form, dial BIC code later
ice 500 ml, run 10000 steps, rut 12 mm, sin 30 degrees
section 12.3.4.5, chapter 3.2, page 123-456, lines 100-200, article 12
points 12345, member since 2015, level 42, score 98765, rank 1,234
6 months, 12-month plan, 3 users, 100 GB, 1 TB, 5 Mbps
call me maybe, phone is broken, mobile 2 GB plan, text 3 friends
the number of days is 30, number of items 120000, the amount 1500000
UN 1234, EN 13485:2016, ISO 27001:2022, DIN EN 60601-1, IEC 61508
A1B2C3, X-100, T-1000, F-150, 737-800, A320-200, 911-996
GPT-4, H2O, CO2, B2B, P2P, 3D, 5G, 802.11ac, 256-bit AES
1000001, 20000002, 300000003, 4000000004
2023 2024 2025 2026, 12 13 14 15, 100 200 300 400
100,200,300 and 1,2,3,4,5,6,7,8,9,10
+10 points, -5 degrees, +2.5%, ±0.5
"""


@pytest.mark.parametrize("text", SURVIVORS.strip().splitlines())
def test_what_only_looks_personal_survives(text: str) -> None:
    for regions in (("US",), ("US", "GB", "DE", "FR", "ES", "IT", "NL", "CH")):
        result = redact(text, Policy(regions=regions), Known(), ())
        assert result.text == text, regions
