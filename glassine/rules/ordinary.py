"""Ordinary sentences of support, without personal data: what a pattern must leave alone. Words only; nothing is decided here."""

from __future__ import annotations

ORDINARY = (
    "Hello, how long can I return a lamp?", "Where is my parcel? It should have been here on Monday.", "I would like to cancel my subscription.",
    "The app crashes every time I open the settings.", "Thank you, that solved it!", "Can I change the colour of my order?",
    "My invoice shows the wrong amount, please correct it.", "I was charged twice for the same order.", "Do you ship to Norway, and what does it cost?",
    "The zip of my jacket broke after two weeks.", "How do I reset my password?", "I cannot sign in, the page stays white.",
    "Is the blue one in stock again?", "What are your opening hours on Saturdays?", "I have not received a confirmation yet.",
    "Please tell me how to export my data.", "The discount code does not work.", "We need five more seats for our team.",
    "Your last update broke the search.", "I would like to talk to a person.", "Can you send me a new charger?",
    "The instructions are only in German.", "How do I connect the lamp to my phone?", "It says that my card was declined.",
    "Which plan do I need for ten people?", "The delivery was left in the rain and everything is wet.", "Please delete my account.",
    "Are there student discounts?", "The left speaker makes a strange noise.", "I forgot to add my company's name to the order.",
    "Guten Tag, wie lange kann ich die Lampe zurückgeben?", "Meine Bestellung ist immer noch nicht angekommen.", "Die Rechnung stimmt nicht.",
    "Könnten Sie mir bitte die Anleitung schicken?", "Vielen Dank für die schnelle Antwort.", "Ich möchte mein Abo kündigen.",
    "Bonjour, ma commande n'est pas arrivée.", "Comment puis-je modifier mon adresse de livraison ?", "Le colis est endommagé, que dois-je faire ?",
    "Merci beaucoup pour votre aide.", "Hola, quisiera devolver un producto.", "El cargador no funciona con mi modelo.",
    "¿Cuánto tarda el envío a Canarias?", "Goedemorgen, wanneer wordt mijn pakket bezorgd?", "Ik wil graag mijn geld terug.",
    "Olá, não consigo entrar na minha conta.", "A fatura está errada.", "Buongiorno, vorrei cambiare la taglia.", "Il sito non funziona da ieri.",
    "Order 8841 arrived, but one of the 3 lamps was broken.", "I paid $1,249.90 on 12/03/2025 and was charged 19 % VAT.",
    "Version 4.12.1 shows error 0x80070057 since 15 March.", "Invoice INV-2025-00417 says 30 days, your page says 14.",
    "The tracking number 1Z999AA10123456784 is not found.", "It stops at 99 % after 10 minutes, on port 8080.",
    "SKU LMP-220-BK is out of stock since 2025-11-02.", "Kann ich 2 statt 1 bestellen? Bestellung 20391188.", "Ticket #4711 has been open since 9:30.",
    "Room 12 was booked for 2 nights at 89,00 € each.", "The box measures 30 x 20 x 15 cm and weighs 2.5 kg.",
)

SURVIVORS = (  # what answers depend on, with a specimen
    ("order numbers", "order 8841, order 20391188, #4711"), ("amounts", "$1,249.90, 89,00 €, 12 USD"), ("dates", "2025-11-02, 12/03/2025, 15 March 2025"),
    ("times", "9:30, 14:00 h, 10 minutes"), ("versions", "version 4.12.1, v2.0"), ("invoice numbers", "INV-2025-00417"), ("article numbers", "SKU LMP-220-BK"),
    ("tracking numbers", "1Z999AA10123456784"), ("error codes", "error 0x80070057, HTTP 404"), ("links", "https://example.com/help/returns"),
)
